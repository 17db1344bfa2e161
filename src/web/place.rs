//! Which file of a page a request asks for.

/// The place of a file in a page: the names of its folders and its own, none of which leads anywhere but
/// further in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// What `target`, the second word of a request, asks for; none if it can be no file of a page.
    pub fn of(target: &str) -> Option<Self> {
        let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
        let mut path = decoded(path)?;
        if path.is_empty() || path.ends_with('/') {
            path.push_str("index.html");
        }
        path.split('/').all(is_plain).then_some(Self(path))
    }

    /// The names, with slashes between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names of the folders, outermost first, and of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

/// Whether `name` is that of an entry of a folder on every system: not the folder itself or the one
/// around it, nothing hidden, no separator or drive of Windows.
fn is_plain(name: &str) -> bool {
    let is_odd = |letter: char| letter.is_control() || matches!(letter, '\\' | ':');
    !name.is_empty() && !name.starts_with('.') && !name.contains(is_odd)
}

/// `text` with its `%2F` and the like replaced, once; none if that leaves no text.
fn decoded(text: &str) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (&[high, low], after) = rest.split_first_chunk()?;
        rest = after;
        bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
    }
    String::from_utf8(bytes).ok()
}
