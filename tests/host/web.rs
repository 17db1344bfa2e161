//! The server of `lenet-gpu web`, over this machine's loopback interface, and the command itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::program::{directory, program, text};
use lenet_gpu::web::{PORT, Page, Server, WebError};
use tempfile::TempDir;

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

// --- a page and its server -----------------------------------------------------------------------

/// The text of a file that no page may show.
const SECRET: &str = "for nobody";

/// A folder with a page in `page/` and a secret beside it.
fn folder() -> TempDir {
    let folder = directory();
    let page = folder.path().join("page");
    for inner in ["pkg", "digits"] {
        fs::create_dir_all(page.join(inner)).unwrap();
    }
    for (name, content) in [
        ("index.html", &b"<!doctype html>"[..]),
        ("style.css", b"body {}"),
        ("main.js", b"import './pkg/lenet_web.js';"),
        ("pkg/lenet_web.js", b"export {};"),
        ("pkg/lenet_web_bg.wasm", b"\0asm"),
        ("digits/labels.gz", b"\x1f\x8b"),
        ("icon.png", b"png"),
        ("icon.svg", b"<svg/>"),
        ("favicon.ico", b"ico"),
        ("data.json", b"{}"),
        ("app.webmanifest", b"{}"),
        ("NOTICE.TXT", b"notice"),
        ("two words.txt", b"two"),
        ("other", b"?"),
        (".hidden", SECRET.as_bytes()),
        ("../secret.txt", SECRET.as_bytes()),
    ] {
        fs::write(page.join(name), content).unwrap();
    }
    folder
}

/// A server that runs until this is dropped.
struct Running {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Running {
    fn new() -> Self {
        Self::of(folder())
    }

    fn of(folder: TempDir) -> Self {
        let page = Page::in_folder(&folder.path().join("page")).unwrap();
        let server = Server::listen(LOCALHOST, Some(0)).unwrap();
        let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&stop);
        let thread = Some(thread::spawn(move || server.serve(&page, &flag)));
        Self {
            address,
            stop,
            thread,
            folder,
        }
    }

    /// The answer to `method` for `target`, as browsers ask.
    #[track_caller]
    fn ask(&self, method: &str, target: &str) -> Reply {
        let host = self.address;
        Reply::to(
            self.address,
            format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes(),
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().unwrap().join();
        // A second panic would hide the first.
        assert!(ended.is_ok() || thread::panicking());
    }
}

struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Reply {
    /// The reply to `request`; the server has to end it.
    #[track_caller]
    fn to(address: SocketAddr, request: &[u8]) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Self::parse(&bytes)
    }

    #[track_caller]
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.expect("the head of an answer");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_lowercase(), value.to_owned())
        });
        Self {
            status: status[..3].parse().unwrap(),
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    /// Fails unless it is an error in words.
    #[track_caller]
    fn assert_error(&self, status: u16) {
        assert_eq!(self.status, status);
        assert_eq!(self.headers["content-type"], "text/plain; charset=utf-8");
        let body = String::from_utf8_lossy(&self.body);
        assert!(body.ends_with(".\n"), "{body}");
        assert!(!body.contains(SECRET), "{body}");
    }
}

// --- files ---------------------------------------------------------------------------------------

#[test]
fn files_come_as_what_they_are() {
    let server = Running::new();
    for (target, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/index.html?version=2", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/main.js", "text/javascript; charset=utf-8"),
        ("/pkg/lenet_web.js", "text/javascript; charset=utf-8"),
        ("/pkg/lenet_web_bg.wasm", "application/wasm"),
        ("/digits/labels.gz", "application/gzip"),
        ("/icon.png", "image/png"),
        ("/icon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/x-icon"),
        ("/data.json", "application/json"),
        ("/app.webmanifest", "application/manifest+json"),
        ("/NOTICE.TXT", "text/plain; charset=utf-8"),
        ("/two%20words.txt", "text/plain; charset=utf-8"),
        ("/other", "application/octet-stream"),
    ] {
        let reply = server.ask("GET", target);
        assert_eq!(reply.status, 200, "{target}");
        assert_eq!(reply.headers["content-type"], media_type, "{target}");
        let path = match target.split('?').next().unwrap() {
            "/" => "index.html".to_owned(),
            path => path[1..].replace("%20", " "),
        };
        let file = fs::read(server.folder.path().join("page").join(path)).unwrap();
        assert_eq!(reply.body, file, "{target}");
        assert_eq!(reply.headers["content-length"], file.len().to_string());
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert_eq!(reply.headers["cache-control"], "no-cache");
        assert!(!reply.headers.contains_key("content-encoding"), "{target}");
        assert!(!reply.headers.contains_key("transfer-encoding"), "{target}");
        let date = &reply.headers["date"];
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    }
}

#[test]
fn head_tells_the_length_alone() {
    let server = Running::new();
    let reply = server.ask("HEAD", "/style.css");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-length"], "7");
    assert!(reply.body.is_empty());
    let reply = server.ask("HEAD", "/missing.css");
    assert_eq!(reply.status, 404);
    assert!(reply.body.is_empty());
}

#[test]
fn large_files_come_whole_and_as_they_are_now() {
    let server = Running::new();
    let file = server.folder.path().join("page/digits/images.gz");
    for length in [5_000_000, 3_000_000] {
        let content: Vec<u8> = (0..length).map(|place: u32| (place / 7) as u8).collect();
        fs::write(&file, &content).unwrap();
        let reply = server.ask("GET", "/digits/images.gz");
        assert_eq!(reply.headers["content-length"], length.to_string());
        assert!(reply.body == content, "the file as it was written");
    }
}

#[test]
fn what_is_missing_is_said_to_be() {
    let server = Running::new();
    let long = format!("/{}", "a".repeat(2000));
    for target in [
        "/missing.html",
        "/pkg",
        "/pkg/",
        "/pkg/missing/more.js",
        "/index.html/more",
        "/index.html/",
        "//index.html",
        &long,
    ] {
        server.ask("GET", target).assert_error(404);
    }
}

// --- what is nobody's business -------------------------------------------------------------------

#[test]
fn nothing_outside_of_the_page_is_served() {
    let server = Running::new();
    let secret = server.folder.path().join("secret.txt");
    let absolute = text(&secret);
    let spellings = [
        "/../secret.txt",
        "/pkg/../../secret.txt",
        "/./../secret.txt",
        "/..//secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E/secret.txt",
        "/.%2e/secret.txt",
        "/%2e./secret.txt",
        "/..%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/pkg%2f..%2f..%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/..\\secret.txt",
        "/..%5csecret.txt",
        "/pkg\\..\\..\\secret.txt",
        "/index.html%00/../../secret.txt",
        "/index.html%00",
        "/%",
        "/%2",
        "/%zz",
        "/%+1",
        "/.hidden",
        "/%2ehidden",
        "/C:%5cWindows%5cwin.ini",
        "/C:/Windows/win.ini",
        "/index.html::$DATA",
        "../secret.txt",
        "secret.txt",
        "*",
        "http://localhost/../secret.txt",
        "file:///etc/passwd",
    ];
    let spellings = spellings.map(str::to_owned).into_iter().chain([
        absolute.to_owned(),
        format!("/{absolute}"),
        format!("/{}", absolute.replace('/', "%2f")),
        format!("file://{absolute}"),
    ]);
    for target in spellings {
        let reply = server.ask("GET", &target);
        // What is no target at all is no request, either.
        reply.assert_error(if reply.status == 400 { 400 } else { 404 });
    }
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_but_into_the_page() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let folder = folder();
    let page = folder.path().join("page");
    symlink("../secret.txt", page.join("out.txt")).unwrap();
    symlink(folder.path(), page.join("around")).unwrap();
    symlink("/etc/passwd", page.join("passwd")).unwrap();
    symlink("round.txt", page.join("round.txt")).unwrap();
    symlink("style.css", page.join("in.css")).unwrap();
    let _socket = UnixListener::bind(page.join("socket")).unwrap();
    // A folder whose name starts like the page's is not in it.
    fs::create_dir(folder.path().join("page-2")).unwrap();
    fs::write(folder.path().join("page-2/secret.txt"), SECRET).unwrap();
    symlink("../page-2", page.join("second")).unwrap();
    let server = Running::of(folder);
    for target in [
        "/out.txt",
        "/around/secret.txt",
        "/around/page/index.html/",
        "/passwd",
        "/round.txt",
        "/socket",
        "/second/secret.txt",
    ] {
        server.ask("GET", target).assert_error(404);
    }
    assert_eq!(server.ask("GET", "/in.css").body, b"body {}");
}

/// The page itself may be named by a link.
#[cfg(unix)]
#[test]
fn the_folder_may_be_a_link() {
    let folder = folder();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("page", &link).unwrap();
    let page = Page::in_folder(&link).unwrap();
    let expected = fs::canonicalize(folder.path().join("page")).unwrap();
    assert_eq!(page.folder(), Some(&*expected));
}

#[test]
fn only_names_of_this_machine_are_answered_to() {
    let server = Running::new();
    let port = server.address.port();
    let ask = |hosts: &str| {
        let request = format!("GET / HTTP/1.1\r\n{hosts}\r\n");
        Reply::to(server.address, request.as_bytes())
    };
    for host in [
        "localhost",
        "LocalHost",
        "127.0.0.1",
        "127.0.0.2",
        "[::1]",
        &format!("localhost:{port}"),
        &format!("127.0.0.1:{port}"),
        &format!("[::1]:{port}"),
        // The near end of a tunnel.
        "localhost:9000",
    ] {
        let reply = ask(&format!("Host: {host}\r\n"));
        assert_eq!(reply.status, 200, "{host}");
    }
    for host in [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "example.org:80",
        "localhost@example.org",
        "localhost:80:80",
        "192.168.1.5",
        "0.0.0.0",
        "[::2]",
        "[::1",
        "::1",
        "",
    ] {
        let reply = ask(&format!("Host: {host}\r\n"));
        reply.assert_error(421);
        let body = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(body.contains("localhost"), "{body}");
    }
    ask("").assert_error(421);
    ask("Host: localhost\r\nHost: localhost\r\n").assert_error(421);
}

#[test]
fn a_page_is_only_read() {
    let server = Running::new();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "ODD"] {
        let reply = server.ask(method, "/index.html");
        reply.assert_error(405);
        assert_eq!(reply.headers["allow"], "GET, HEAD");
    }
    // What is sent besides is neither waited for nor believed.
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9223372036854775807\r\n\r\n";
    let request = [head.as_bytes(), &[b'a'; 50_000]].concat();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(&request).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    Reply::parse(&bytes).assert_error(405);
}

#[test]
fn what_is_no_request_is_refused() {
    let server = Running::new();
    for request in [
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        "\u{16}\u{3}\u{1}",
    ] {
        Reply::to(server.address, request.as_bytes()).assert_error(400);
    }
    let start = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    let cookies = "Cookie: chocolate=1\r\n".repeat(200);
    Reply::to(server.address, format!("{start}{cookies}\r\n").as_bytes()).assert_error(431);
    let cookie = format!("Cookie: {}", "c".repeat(70_000));
    Reply::to(server.address, format!("{start}{cookie}").as_bytes()).assert_error(431);
}

/// Browsers open connections before they need them, and break off.
#[test]
fn silent_connections_keep_nobody_waiting() {
    let server = Running::new();
    let connect = || TcpStream::connect(server.address).unwrap();
    let silent: Vec<TcpStream> = (0..20).map(|_| connect()).collect();
    let mut half = connect();
    half.write_all(b"GET / HT").unwrap();
    for _ in 0..20 {
        drop(connect());
    }
    assert_eq!(server.ask("GET", "/").status, 200);
    // A request may come in pieces.
    half.write_all(b"TP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut bytes = Vec::new();
    half.read_to_end(&mut bytes).unwrap();
    assert_eq!(Reply::parse(&bytes).status, 200);
    drop(silent);
}

// --- pages and ports -----------------------------------------------------------------------------

#[test]
fn a_folder_without_a_page_is_named() {
    let folder = directory();
    let missing = folder.path().join("missing");
    let error = Page::in_folder(&missing).unwrap_err();
    assert!(matches!(error, WebError::MissingFolder { .. }), "{error}");
    assert!(error.to_string().contains(text(&missing)), "{error}");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Page::in_folder(&file).unwrap_err();
    assert!(matches!(error, WebError::MissingFolder { .. }), "{error}");
    let error = Page::in_folder(folder.path()).unwrap_err();
    assert!(matches!(error, WebError::NoPage { .. }), "{error}");
    assert!(error.to_string().contains("index.html"), "{error}");
}

#[test]
fn a_taken_port_is_an_error_only_if_it_was_asked_for() {
    let other = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let address = other.local_addr().unwrap();
    let error = Server::listen(LOCALHOST, Some(address.port())).unwrap_err();
    assert!(
        matches!(error, WebError::PortTaken { address: taken } if taken == address),
        "{error}"
    );
    // If this fails, something else has the port, which is as good.
    let _other = TcpListener::bind((LOCALHOST, PORT));
    let server = Server::listen(LOCALHOST, None).unwrap();
    assert_ne!(server.address().port(), PORT);
    assert!(server.is_local());
    assert_eq!(server.url(), format!("http://{}/", server.address()));
}

#[test]
fn a_foreign_address_is_named() {
    // Kept for documentation: no machine has it.
    let foreign = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let error = Server::listen(foreign, None).unwrap_err();
    assert!(matches!(error, WebError::Listen { .. }), "{error}");
    assert!(error.to_string().contains("192.0.2.1"), "{error}");
}

/// The page inside the program, whose digits are packed anew.
#[cfg(feature = "web-page")]
#[test]
fn the_page_is_inside_the_program() {
    let server = Server::listen(LOCALHOST, Some(0)).unwrap();
    let (address, stop) = (server.address(), AtomicBool::new(false));
    let page = Page::embedded().unwrap();
    assert_eq!(page.folder(), None);
    thread::scope(|scope| {
        scope.spawn(|| server.serve(&page, &stop));
        let ask = |target: &str| {
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Reply::to(address, request.as_bytes())
        };
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/web");
        let start = ask("/");
        assert_eq!(start.status, 200);
        assert!(start.body == fs::read(page.join("index.html")).unwrap());
        let images = ask("/digits/train-images-idx3-ubyte.gz");
        assert_eq!(images.status, 200);
        let mut unzipped = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&images.body[..]);
        decoder.read_to_end(&mut unzipped).unwrap();
        assert!(unzipped == crate::digits::unpacked("train-images-idx3-ubyte"));
        ask("/digits/missing.gz").assert_error(404);
        ask("/../Cargo.toml").assert_error(404);
        stop.store(true, Ordering::Relaxed);
    });
}

// --- the command ---------------------------------------------------------------------------------

#[track_caller]
fn error_of(directory: &Path, arguments: &[&str]) -> String {
    let failure = program(directory, &[&["web", "--no-browser"], arguments].concat())
        .assert()
        .code(1);
    String::from_utf8(failure.get_output().stderr.clone()).unwrap()
}

#[track_caller]
fn assert_parts(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "'{part}' is not in '{message}'");
    }
}

#[test]
fn the_command_says_what_to_do() {
    let folder = folder();
    let directory = folder.path();
    #[cfg(not(feature = "web-page"))]
    assert_parts(
        &error_of(directory, &[]),
        &[
            "built without the page",
            "scripts/web",
            "--page target/web",
            "cargo run --release --features web-page -- web",
        ],
    );
    assert_parts(
        &error_of(directory, &["--page", "missing"]),
        &["missing", "scripts/web", "--page target/web"],
    );
    let other = TcpListener::bind((LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    assert_parts(
        &error_of(directory, &["--page", "page", "--port", &port]),
        &[&format!("127.0.0.1:{port} is taken"), "--port"],
    );
    assert_parts(
        &error_of(directory, &["--page", "page", "--listen", "192.0.2.1"]),
        &["192.0.2.1", "--listen"],
    );
}

/// It says where the page is, serves it, and ends with success on Ctrl-C.
#[cfg(unix)]
#[test]
fn the_command_serves_until_ctrl_c() {
    use std::process::{Command, Stdio};

    let folder = folder();
    let mut serving = Command::new(env!("CARGO_BIN_EXE_lenet-gpu"))
        .current_dir(folder.path())
        .args(["web", "--json", "--no-browser", "--port", "0"])
        .args(["--page", "page"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = serving.stdout.take().unwrap();
    let mut document = Vec::new();
    while !document.ends_with(b"}\n") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        document.extend(byte);
    }
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let address = document["listens_on"].as_str().unwrap();
    assert_eq!(document["address"], format!("http://{address}/"));
    assert_eq!(document["page"], "page");
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let reply = Reply::to(address.parse().unwrap(), request.as_bytes());
    assert_eq!(reply.status, 200);
    let id = serving.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(serving.wait().unwrap().code(), Some(0));
    let mut message = String::new();
    let mut stderr = serving.stderr.take().unwrap();
    stderr.read_to_string(&mut message).unwrap();
    assert_parts(&message, &[&format!("http://{address}/"), "Ctrl-C"]);
    assert!(!message.contains("network"), "{message}");
}
