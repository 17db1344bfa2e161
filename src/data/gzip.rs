//! Files that may be packed with gzip, unpacked while they are read.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What `source` holds, unpacked if it is gzip by its content. As `gunzip` does, it unpacks one stream
/// after another and leaves out what follows the last one.
pub(super) struct Unpacked<R> {
    state: State<R>,
    rubbish: u64,
}

enum State<R> {
    Plain(R),
    Gzip(Box<GzDecoder<R>>),
    Ended,
}

impl<R: BufRead> Unpacked<R> {
    pub fn new(mut source: R) -> io::Result<Self> {
        let state = match source.fill_buf()?.starts_with(&MAGIC) {
            true => State::Gzip(Box::new(GzDecoder::new(source))),
            false => State::Plain(source),
        };
        Ok(Self { state, rubbish: 0 })
    }

    /// Whether the source is packed.
    pub fn is_gzip(&self) -> bool {
        !matches!(self.state, State::Plain(_))
    }

    /// Bytes that were left out after the last stream, once it has been read to its end; 0 if they were
    /// all zeros, with which tapes and download tools fill their blocks.
    pub fn rubbish(&self) -> u64 {
        self.rubbish
    }

    /// Begins the next stream in `source`, if there is one.
    fn go_on(&mut self, mut source: R) -> io::Result<()> {
        // At the end of a buffer the first byte of a stream may stand alone.
        let next = source.fill_buf()?;
        let begins = next.starts_with(&MAGIC) || next == &MAGIC[..1];
        if begins {
            self.state = State::Gzip(Box::new(GzDecoder::new(source)));
        } else {
            self.rubbish = rubbish_in(source)?;
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match &mut self.state {
                State::Plain(source) => return source.read(buffer),
                State::Ended => return Ok(0),
                State::Gzip(stream) => stream.read(buffer)?,
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let State::Gzip(ended) = std::mem::replace(&mut self.state, State::Ended) {
                self.go_on(ended.into_inner())?;
            }
        }
    }
}

/// The number of bytes in `source`, or 0 if they are all zeros.
fn rubbish_in(mut source: impl BufRead) -> io::Result<u64> {
    let (mut count, mut zeros) = (0, true);
    loop {
        let bytes = source.fill_buf()?;
        if bytes.is_empty() {
            return Ok(if zeros { 0 } else { count });
        }
        zeros &= bytes.iter().all(|&byte| byte == 0);
        let len = bytes.len();
        count += len as u64;
        source.consume(len);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What is read from `stored`, and the rubbish after it; buffers of every size are used, so that
    /// streams meet their ends.
    fn read(stored: &[u8]) -> io::Result<(Vec<u8>, u64)> {
        let mut results = Vec::new();
        for capacity in 2..40 {
            let mut unpacked = Unpacked::new(BufReader::with_capacity(capacity, stored))?;
            let mut bytes = Vec::new();
            unpacked.read_to_end(&mut bytes)?;
            results.push((bytes, unpacked.rubbish()));
        }
        assert!(results.iter().all(|result| *result == results[0]));
        Ok(results.remove(0))
    }

    #[test]
    fn streams_are_joined_and_what_follows_them_is_left_out() {
        assert_eq!(read(b"plain").unwrap(), (b"plain".to_vec(), 0));
        let two = [packed(b"one "), packed(b"two")].concat();
        assert_eq!(read(&two).unwrap(), (b"one two".to_vec(), 0));
        for (after, rubbish) in [(&[0; 512][..], 0), (b"rubbish", 7), (b"\0\0x", 3)] {
            let stored = [&two[..], after].concat();
            assert_eq!(read(&stored).unwrap(), (b"one two".to_vec(), rubbish));
        }
    }

    #[test]
    fn a_stream_that_is_cut_or_damaged_is_an_error() {
        let whole = packed(&[7; 1000]);
        for cut in 2..whole.len() {
            assert!(read(&whole[..cut]).is_err(), "cut at {cut}");
        }
        let mut damaged = whole.clone();
        let checksum = damaged.len() - 6;
        damaged[checksum] ^= 1;
        assert!(read(&damaged).is_err());
    }
}
