//! Arrays in the format of NumPy's `.npy` files, version 1.0: a header, and then the values, in
//! little-endian order, the last dimension the fastest.

use crate::verify::Values;

/// The content of a file of numbers [value].
pub fn of_numbers(values: &[f64]) -> Vec<u8> {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    file("<f8", &[values.len()], bytes)
}

/// The content of a file of `values` of this `shape`.
pub fn of_values(values: &Values, shape: &[usize]) -> Vec<u8> {
    let words = values.words().iter();
    file(
        type_of(values),
        shape,
        words.flat_map(|word| word.to_le_bytes()),
    )
}

/// NumPy's name for the type of `values`.
pub fn type_of(values: &Values) -> &'static str {
    match values {
        Values::Float(_) => "<f4",
        Values::Integer(_) => "<u4",
    }
}

fn file(kind: &str, shape: &[usize], bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
    /// The values start at a multiple of this.
    const ALIGNMENT: usize = 64;
    let lengths: String = shape.iter().map(|length| format!("{length}, ")).collect();
    let mut header =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    let before = MAGIC.len() + size_of::<u16>();
    let whole = (before + header.len() + 1).next_multiple_of(ALIGNMENT);
    header += &" ".repeat(whole - before - header.len() - 1);
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a shape has few dimensions");
    let mut content = MAGIC.to_vec();
    content.extend(length.to_le_bytes());
    content.extend(header.bytes());
    content.extend(bytes);
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_a_padded_header_and_the_values() {
        let values = Values::Float(vec![1.0, -2.0, 0.5, 0.0, 3.0, 4.0]);
        let content = of_values(&values, &[2, 3]);
        assert_eq!(&content[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let (header, bytes) = content[10..].split_at(0x76);
        assert!((header.len() + 10).is_multiple_of(64));
        let header = str::from_utf8(header).unwrap();
        let facts = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }";
        assert_eq!(header.trim_end(), facts);
        assert!(header.ends_with('\n'));
        assert_eq!(bytes.len(), 24);
        assert_eq!(bytes[4..8], (-2f32).to_le_bytes());
    }

    #[test]
    fn numbers_are_doubles() {
        let content = of_numbers(&[0.1]);
        assert_eq!(content[content.len() - 8..], 0.1f64.to_le_bytes());
        assert!(str::from_utf8(&content[10..60]).unwrap().contains("'<f8'"));
    }
}
