//! What a browser asks for.

use httparse::{EMPTY_HEADER, Error};

use super::status::Status;

/// The first lines of a request, as far as a page needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method, as in `GET`.
    pub method: String,
    /// What is asked for, as in `/index.html`.
    pub target: String,
    /// The host that the browser believes to talk to; none if it names none, or several.
    pub host: Option<String>,
}

/// More lines than any browser sends.
const MOST_HEADERS: usize = 128;

impl Request {
    /// Reads a request from what has arrived of it; none if its end is missing.
    ///
    /// # Errors
    ///
    /// What to answer to something that is no request.
    pub fn parse(arrived: &[u8]) -> Result<Option<Self>, Status> {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(arrived) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(Error::TooManyHeaders) => return Err(Status::TooLong),
            Err(_) => return Err(Status::NotUnderstood),
        }
        let (Some(method), Some(target)) = (request.method, request.path) else {
            return Err(Status::NotUnderstood);
        };
        let (method, target) = (method.to_owned(), target.to_owned());
        let mut hosts = headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case("host"));
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => String::from_utf8(host.value.to_owned()).ok(),
            _ => None,
        };
        Ok(Some(Self {
            method,
            target,
            host,
        }))
    }
}
