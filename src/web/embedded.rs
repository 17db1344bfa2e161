//! The page inside the program.

use std::borrow::Cow;

/// The file of the page at `place`, as in `pkg/lenet_web.js`.
#[cfg(feature = "web-page")]
pub fn file(place: &str) -> Option<Cow<'static, [u8]>> {
    // The digits are inside the program without a page, too, and large: build.rs leaves them out.
    let digits = place.strip_prefix("digits/");
    if let Some(file) = digits.and_then(crate::data::embedded::file) {
        return Some(file.into());
    }
    let (_, bytes) = FILES.iter().find(|(name, _)| *name == place)?;
    Some(Cow::Borrowed(bytes))
}

/// Places and contents, by build.rs.
#[cfg(feature = "web-page")]
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// This build has no page inside.
#[cfg(not(feature = "web-page"))]
pub fn file(_place: &str) -> Option<Cow<'static, [u8]>> {
    None
}
