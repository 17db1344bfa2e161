//! How a request can turn out.

/// How a request turned out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The file is there.
    Found,
    /// It is no request.
    NotUnderstood,
    /// The page has no such file.
    NotFound,
    /// Pages are read, and nothing else.
    NotAllowed,
    /// The request did not arrive in time.
    TooSlow,
    /// The request is meant for another machine.
    Misdirected,
    /// The request is longer than any browser's.
    TooLong,
    /// The file is there, but cannot be read.
    Unreadable,
}

impl Status {
    /// The number and the words that HTTP has for it.
    pub fn line(self) -> &'static str {
        match self {
            Self::Found => "200 OK",
            Self::NotUnderstood => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::NotAllowed => "405 Method Not Allowed",
            Self::TooSlow => "408 Request Timeout",
            Self::Misdirected => "421 Misdirected Request",
            Self::TooLong => "431 Request Header Fields Too Large",
            Self::Unreadable => "500 Internal Server Error",
        }
    }

    /// What a person is told who sees it instead of a page.
    pub fn text(self) -> &'static str {
        match self {
            Self::Found => "",
            Self::NotUnderstood => "This is no request of HTTP/1.1.\n",
            Self::NotFound => "The page has no such file; it begins at / of this server.\n",
            Self::NotAllowed => "The page can be read (GET, HEAD), and nothing else.\n",
            Self::TooSlow => "The request did not arrive in time.\n",
            Self::Misdirected => {
                "This server answers only to localhost, 127.0.0.1 and [::1]: open the page under one \
                 of these, or start lenet-gpu web with --listen.\n"
            }
            Self::TooLong => "The request is too long; expected that of a browser.\n",
            Self::Unreadable => "lenet-gpu cannot read the file.\n",
        }
    }
}
