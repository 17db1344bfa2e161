//! Whether a picture file goes on to its end. Decoders of some formats make do
//! with what there is, and what is missing of the picture is then grey or black.

use image::ImageFormat;

/// Whether the file says by its own structure that it goes on after its last
/// byte. Of other formats than these four, decoders miss what is not there.
pub fn is_cut_short(format: ImageFormat, bytes: &[u8]) -> bool {
    let end = match format {
        ImageFormat::Jpeg => end_of_jpeg(bytes),
        ImageFormat::Png => end_of_png(bytes),
        ImageFormat::Gif => end_of_gif(bytes),
        ImageFormat::WebP => end_of_webp(bytes),
        _ => Some(()),
    };
    end.is_none()
}

/// What is left of a file.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// The next bytes; none if the file ends before.
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }
}

/// Segments with their lengths, and entropy-coded data in between, in which no
/// marker but restarts occurs (ITU-T T.81, annex B).
fn end_of_jpeg(bytes: &[u8]) -> Option<()> {
    const END: u8 = 0xD9;
    let mut rest = Rest(bytes);
    loop {
        let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF);
        let marker_at = rest.0.windows(2).position(is_marker)?;
        match rest.take(marker_at + 2)?[marker_at + 1] {
            END => return Some(()),
            // Those without a segment: the start of the image, restarts.
            0x01 | 0xD0..=0xD8 => {}
            _ => {
                let len = u16::from_be_bytes(*rest.0.first_chunk()?);
                rest.take(usize::from(len))?;
            }
        }
    }
}

/// Chunks with their lengths up to IEND (PNG specification, section 5).
fn end_of_png(bytes: &[u8]) -> Option<()> {
    let mut rest = Rest(bytes);
    rest.take(8)?;
    loop {
        let len = u32::from_be_bytes(*rest.take(4)?.first_chunk()?);
        let name = rest.take(4)?;
        rest.take(len as usize)?;
        rest.take(4)?;
        if name == b"IEND" {
            return Some(());
        }
    }
}

/// Blocks up to the trailer (GIF89a specification, appendix A).
fn end_of_gif(bytes: &[u8]) -> Option<()> {
    const IMAGE: u8 = 0x2C;
    const EXTENSION: u8 = 0x21;
    let mut rest = Rest(bytes);
    let header = rest.take(13)?;
    skip_colours(&mut rest, header[10])?;
    loop {
        match rest.byte()? {
            IMAGE => {
                let descriptor = rest.take(9)?;
                skip_colours(&mut rest, descriptor[8])?;
                rest.byte()?;
            }
            EXTENSION => _ = rest.byte()?,
            // The trailer, or damage, which the decoder finds.
            _ => return Some(()),
        }
        while let len @ 1.. = rest.byte()? {
            rest.take(usize::from(len))?;
        }
    }
}

/// A table of colours, if these flags say that there is one.
fn skip_colours(rest: &mut Rest, flags: u8) -> Option<()> {
    const TABLE: u8 = 0x80;
    if flags & TABLE != 0 {
        rest.take(3 << ((flags & 7) + 1))?;
    }
    Some(())
}

/// The header says how long the file is (RFC 9649, section 2.3).
fn end_of_webp(bytes: &[u8]) -> Option<()> {
    let mut rest = Rest(bytes);
    let header = rest.take(8)?;
    let len = u32::from_le_bytes(*header.last_chunk()?);
    rest.take(len as usize)?;
    Some(())
}
