//! One connection: a request, its answer, the end. Browsers open another for the next file, which costs
//! nothing within a machine.

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::page::Page;
use super::request::Request;
use super::status::Status;

/// How long a request may take to arrive. Browsers also open connections that they may never need.
const TO_ASK: Duration = Duration::from_secs(10);

/// How long a browser may take nothing of its answer.
const TO_TAKE: Duration = Duration::from_secs(30);

/// How long the end of a connection is waited for.
const TO_CLOSE: Duration = Duration::from_secs(2);

/// The most bytes of a request. A browser sends the cookies of all programs that ever ran under
/// `localhost`.
const MOST_BYTES: usize = 64 << 10;

/// Answers what is asked on `stream`.
///
/// # Errors
///
/// If the browser is gone.
pub fn serve(mut stream: TcpStream, page: &Page, only_local: bool) -> io::Result<()> {
    // Some systems pass on that the listening socket does not wait.
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(TO_TAKE))?;
    let answer = match ask(&mut stream)? {
        None => return Ok(()),
        Some(Ok(request)) => Answer::to(&request, page, only_local),
        Some(Err(status)) => status.into(),
    };
    answer.send(&stream)?;
    close(&mut stream)
}

/// The request on `stream`, or what to answer to something else; none if nothing is asked.
fn ask(stream: &mut TcpStream) -> io::Result<Option<Result<Request, Status>>> {
    let mut arrived = Vec::new();
    let deadline = Instant::now() + TO_ASK;
    loop {
        match read_before(deadline, stream, &mut arrived) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if is_timeout(&error) => {
                return Ok((!arrived.is_empty()).then_some(Err(Status::TooSlow)));
            }
            Err(error) => return Err(error),
        }
        match Request::parse(&arrived) {
            Ok(None) if arrived.len() >= MOST_BYTES => return Ok(Some(Err(Status::TooLong))),
            Ok(None) => {}
            Ok(Some(request)) => return Ok(Some(Ok(request))),
            Err(status) => return Ok(Some(Err(status))),
        }
    }
}

/// Ends the connection so that the answer arrives: what the browser has sent besides, such as the rest of
/// a POST, is taken first, because unread bytes would have the system break the connection off.
fn close(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + TO_CLOSE;
    let mut unread = Vec::new();
    while read_before(deadline, stream, &mut unread)? > 0 {
        unread.clear();
    }
    Ok(())
}

/// Appends some bytes to `arrived` and returns how many; 0 means that no more will come.
fn read_before(
    deadline: Instant,
    stream: &mut TcpStream,
    arrived: &mut Vec<u8>,
) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    stream.set_read_timeout(Some(left))?;
    let mut bytes = [0; 4096];
    loop {
        match stream.read(&mut bytes) {
            Ok(count) => {
                arrived.extend_from_slice(&bytes[..count]);
                return Ok(count);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Unix and Windows call it differently.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
