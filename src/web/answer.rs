//! What a browser is answered.

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::Timestamp;

use super::host::is_local;
use super::media;
use super::page::Page;
use super::place::Place;
use super::request::Request;
use super::status::Status;

/// An answer, ready to be sent.
#[derive(Clone, Debug)]
pub struct Answer {
    status: Status,
    media_type: &'static str,
    body: Cow<'static, [u8]>,
    /// Whether `body` is sent, or only its length told.
    with_body: bool,
}

impl Answer {
    /// The answer to `request` for a file of `page`; `only_local` if the server answers to names of
    /// this machine only.
    pub fn to(request: &Request, page: &Page, only_local: bool) -> Self {
        let host = request.host.as_deref();
        let answer = if only_local && !host.is_some_and(is_local) {
            Status::Misdirected.into()
        } else if !["GET", "HEAD"].contains(&request.method.as_str()) {
            Status::NotAllowed.into()
        } else {
            Self::with_file(&request.target, page)
        };
        Self {
            with_body: request.method != "HEAD",
            ..answer
        }
    }

    fn with_file(target: &str, page: &Page) -> Self {
        let Some(place) = Place::of(target) else {
            return Status::NotFound.into();
        };
        match page.read(&place) {
            Ok(None) => Status::NotFound.into(),
            Err(error) => Self {
                body: format!("lenet-gpu cannot read {} ({error}).\n", place.as_str())
                    .into_bytes()
                    .into(),
                ..Status::Unreadable.into()
            },
            Ok(Some(body)) => Self {
                status: Status::Found,
                media_type: media::type_of(place.as_str()),
                body,
                with_body: true,
            },
        }
    }

    /// Sends it.
    ///
    /// # Errors
    ///
    /// If the browser is gone.
    pub fn send(&self, mut to: impl Write) -> io::Result<()> {
        let allow = match self.status {
            Status::NotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        // The page may be built anew at any time, and no type is to be guessed.
        let head = format!(
            "HTTP/1.1 {}\r\n\
             Date: {}\r\n\
             Content-Type: {}\r\n\
             Content-Length: {}\r\n\
             X-Content-Type-Options: nosniff\r\n\
             Cache-Control: no-cache\r\n\
             {allow}\
             Connection: close\r\n\r\n",
            self.status.line(),
            Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
            self.media_type,
            self.body.len(),
        );
        to.write_all(head.as_bytes())?;
        if self.with_body {
            to.write_all(&self.body)?;
        }
        to.flush()
    }
}

/// An answer without a file says in words why.
impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self {
            status,
            media_type: media::TEXT,
            body: Cow::Borrowed(status.text().as_bytes()),
            with_body: true,
        }
    }
}
