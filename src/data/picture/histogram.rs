//! How often each of the 256 levels of grey occurs.

const LEVELS: usize = 256;

/// Counts by level.
pub struct Histogram([u64; LEVELS]);

/// Two classes of levels: those below the threshold, and the others.
pub struct Split {
    /// The lowest level of the upper class.
    pub threshold: u8,
    /// Levels between the means of the classes; 0 if there is only one class.
    pub contrast: u8,
}

impl FromIterator<u8> for Histogram {
    fn from_iter<I: IntoIterator<Item = u8>>(levels: I) -> Self {
        let mut counts = [0; LEVELS];
        for level in levels {
            counts[usize::from(level)] += 1;
        }
        Histogram(counts)
    }
}

impl Histogram {
    /// The lowest level that at least this part of the pixels do not exceed.
    pub fn quantile(&self, part: f64) -> u8 {
        let wanted = self.total() as f64 * part;
        let mut seen = 0;
        for (level, &count) in (0..=u8::MAX).zip(&self.0) {
            seen += count;
            if seen as f64 >= wanted {
                return level;
            }
        }
        u8::MAX
    }

    /// Half of the pixels are at this level or below.
    pub fn median(&self) -> u8 {
        self.quantile(0.5)
    }

    /// The split with the greatest variance between the two classes (Otsu 1979,
    /// "A threshold selection method from gray-level histograms", equation 14).
    pub fn split(&self) -> Split {
        let total = self.total();
        let moment = self.moment();
        let mut best = Split {
            threshold: 0,
            contrast: 0,
        };
        let mut best_variance = 0.0;
        let mut below = 0;
        let mut moment_below = 0;
        for (threshold, &count) in (1..=u8::MAX).zip(&self.0) {
            below += count;
            moment_below += count * u64::from(threshold - 1);
            let above = total - below;
            if below == 0 || above == 0 {
                continue;
            }
            let mean_below = moment_below as f64 / below as f64;
            let mean_above = (moment - moment_below) as f64 / above as f64;
            let contrast = mean_above - mean_below;
            let variance = below as f64 * above as f64 * contrast * contrast;
            if variance > best_variance {
                best_variance = variance;
                best = Split {
                    threshold,
                    contrast: contrast as u8,
                };
            }
        }
        best
    }

    fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The sum of all levels.
    fn moment(&self) -> u64 {
        (0..)
            .zip(&self.0)
            .map(|(level, &count)| level * count)
            .sum()
    }
}
