//! What a driver made of kernels, kept from one run to the next.

use flate2::Crc;

/// What a driver compiled, to be kept and given to a device that is opened later on the same adapter.
pub struct CompiledKernels {
    /// As wgpu hands it out: its header names the adapter and the version of the driver.
    pub(super) data: Vec<u8>,
}

/// Size of the checksum before the data.
const SUM_BYTES: usize = size_of::<u32>();

impl CompiledKernels {
    /// It as bytes: a checksum, then the data.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sum = checksum(&self.data);
        [&sum.to_le_bytes(), &self.data[..]].concat()
    }

    /// Reads what [`CompiledKernels::to_bytes`] returned; `None` if it is damaged.
    ///
    /// # Safety
    /// The driver runs what is in it. Damage by chance is found by the checksum, and what belongs to
    /// another adapter or driver is not used; but nobody can find out whether it was forged. So
    /// `bytes` have to come from where nobody writes but this program and those whom its user trusts.
    pub unsafe fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (sum, data) = bytes.split_first_chunk::<SUM_BYTES>()?;
        (u32::from_le_bytes(*sum) == checksum(data)).then(|| Self {
            data: data.to_vec(),
        })
    }
}

fn checksum(data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(data);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of `bytes`.
    fn read(bytes: &[u8]) -> Option<Vec<u8>> {
        // SAFETY: no driver sees it.
        let kernels = unsafe { CompiledKernels::from_bytes(bytes) };
        kernels.map(|kernels| kernels.data)
    }

    #[test]
    fn damage_is_found() {
        let data: Vec<u8> = (0..200).collect();
        let kernels = CompiledKernels { data: data.clone() };
        let whole = kernels.to_bytes();
        assert_eq!(read(&whole), Some(data));
        for length in 0..whole.len() {
            assert_eq!(read(&whole[..length]), None, "cut to {length} bytes");
        }
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 4;
            assert_eq!(read(&damaged), None, "changed at {place}");
        }
    }
}
