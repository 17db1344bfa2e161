//! `lenet-gpu web`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Output;
use super::interrupt::stop_on_ctrl_c;
use super::output::path_in_json;
use crate::web::{PORT, Page, Server};

/// Options of `web`.
#[derive(Debug, Args)]
pub struct WebArgs {
    /// The folder of the page, as scripts/web builds it in target/web [default: the page inside the
    /// program, if it was built with it]
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,
    /// The address of this machine to listen on. 127.0.0.1 and ::1 are for this machine only; with
    /// another one, or 0.0.0.0 for all, anybody in the network can read the page
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value_t = Ipv4Addr::LOCALHOST.into(),
        value_parser = ip_address
    )]
    listen: IpAddr,
    #[arg(long, value_name = "N", help = port_help())]
    port: Option<u16>,
    /// Do not open a browser
    #[arg(long)]
    no_browser: bool,
}

fn ip_address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| "expected an IP address, as in 127.0.0.1, ::1 or 0.0.0.0".to_owned())
}

fn port_help() -> String {
    format!(
        "The port to listen on, 0 for any that is free [default: {PORT}, or any that is free if \
         another program has that]"
    )
}

pub(super) fn run(args: &WebArgs, output: &Output) -> Result<ExitCode> {
    let page = match &args.page {
        Some(folder) => Page::in_folder(folder)?,
        None => Page::embedded()?,
    };
    let server = Server::listen(args.listen, args.port)?;
    let stop = stop_on_ctrl_c()?;
    let url = server.url();
    output.result(format!("The page is at {url} until Ctrl-C."));
    if !server.is_local() {
        output.result(format!(
            "Anybody in the network can read it, because it listens on {}. Browsers offer WebGPU only \
             to pages from https or localhost: other machines have none on this page.",
            server.address()
        ));
    }
    output.json(&json!({
        "address": url,
        "listens_on": server.address(),
        "page": args.page.as_deref().map(path_in_json),
    }));
    if !args.no_browser {
        open_browser(&url, output);
    }
    server.serve(&page, &stop);
    Ok(ExitCode::SUCCESS)
}

/// Opens `url` in the user's browser. The server listens already: what the browser asks for waits until
/// it is served.
fn open_browser(url: &str, output: &Output) {
    // The error tells only how a program of the desktop ended.
    if open::that_detached(url).is_err() {
        output.note("No browser could be opened: open that address yourself.");
    }
}
