//! Vector instructions, chosen at run time from what the processor has.
//!
//! The kernels of the CPU path are written once, generic over the trait [`Simd`], and compiled for
//! each instruction set below; [`Level::dispatch`] enters the copy for a given one.

/// A vector instruction set, over which the kernels of the CPU path are generic.
///
/// A value of an implementing type is proof that the processor has the instruction set. All methods
/// are inlined into the function that [`Simd::run`] enters, which is compiled for it.
pub trait Simd: Copy {
    /// A register of `f32` lanes.
    type Vector: Copy;
    /// Lanes in a register; divides [`LINE`](super::memory::LINE).
    const LANES: usize;
    /// Samples in a block, unless they go one by one: 8 or 16, and whole registers. More of them share a
    /// weight, once loaded; fewer leave more blocks of a batch to several threads, and fit the caches.
    const BLOCK: usize;
    /// Units of a row whose sums a convolution keeps in registers, beside a kernel's row and a value; at
    /// least as many as hide the latency of a multiply-add.
    const CONVOLVED_UNITS: usize;

    /// Runs `task` in a function that may use this instruction set.
    fn run<T: Task>(self, task: T) -> T::Output;
    /// `value` in all lanes.
    fn splat(self, value: f32) -> Self::Vector;
    /// The first [`LANES`](Self::LANES) of `values`. Panics if there are fewer.
    fn load(self, values: &[f32]) -> Self::Vector;
    /// Writes `vector` to the start of `values`. Panics if it does not fit.
    fn store(self, vector: Self::Vector, values: &mut [f32]);
    /// a + b in each lane.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a − b in each lane.
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a · b in each lane.
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a / b in each lane.
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The smaller of a and b in each lane.
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The larger of a and b in each lane.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// a · b + c in each lane, rounded once if the instruction set has a fused multiply-add.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// The sum of all lanes.
    fn sum(self, a: Self::Vector) -> f32;

    /// As [`Simd::load`], for at most [`LANES`](Self::LANES) values: the remaining lanes are 0.
    #[inline(always)]
    fn load_part(self, values: &[f32]) -> Self::Vector {
        let mut whole = [0.0; super::memory::LINE];
        whole[..values.len()].copy_from_slice(values);
        self.load(&whole)
    }
}

/// Work that can be done with any instruction set.
pub trait Task {
    /// The result of the work.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`, so that they become part of the
    /// function that is compiled for the instruction set `S`.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    // A page would be larger by all kernels once more, and never use them.
    #[cfg(not(target_feature = "simd128"))]
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(x86::Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon),
    #[cfg(target_feature = "simd128")]
    Simd128(wasm::Simd128),
}

impl Level {
    /// The instruction sets that this processor has, from the plainest to the widest.
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let detected = [
            x86::Avx2::detect().map(Set::Avx2),
            x86::Avx512::detect().map(Set::Avx512),
        ];
        #[cfg(target_arch = "aarch64")]
        let detected = [neon::Neon::detect().map(Set::Neon)];
        #[cfg(target_feature = "simd128")]
        let detected = [wasm::Simd128::detect().map(Set::Simd128)];
        #[cfg(not(any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_feature = "simd128"
        )))]
        let detected = [None; 0];
        #[cfg(not(target_feature = "simd128"))]
        let plainest = Some(Set::Portable);
        #[cfg(target_feature = "simd128")]
        let plainest = None;
        let sets = plainest.into_iter().chain(detected.into_iter().flatten());
        sets.map(Self).collect()
    }

    /// The widest instruction set that this processor has.
    pub fn best() -> Self {
        let mut available = Self::available();
        available.pop().expect("every target has one")
    }

    /// The name of the instruction set.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(not(target_feature = "simd128"))]
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "NEON",
            #[cfg(target_feature = "simd128")]
            Set::Simd128(_) => "SIMD128",
        }
    }

    /// Does `task` with this instruction set.
    pub fn dispatch<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            #[cfg(not(target_feature = "simd128"))]
            Set::Portable => Portable.run(task),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(simd) => simd.run(task),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(simd) => simd.run(task),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(simd) => simd.run(task),
            #[cfg(target_feature = "simd128")]
            Set::Simd128(simd) => simd.run(task),
        }
    }
}

/// Arrays of eight lanes, which the compiler turns into the vectors that every processor of the
/// target has.
#[cfg(not(target_feature = "simd128"))]
#[derive(Clone, Copy)]
struct Portable;

#[cfg(not(target_feature = "simd128"))]
const PORTABLE_LANES: usize = 8;

#[cfg(not(target_feature = "simd128"))]
impl Portable {
    #[inline(always)]
    fn zip(
        a: [f32; PORTABLE_LANES],
        b: [f32; PORTABLE_LANES],
        operation: impl Fn(f32, f32) -> f32,
    ) -> [f32; PORTABLE_LANES] {
        std::array::from_fn(|i| operation(a[i], b[i]))
    }
}

#[cfg(not(target_feature = "simd128"))]
impl Simd for Portable {
    type Vector = [f32; PORTABLE_LANES];
    const LANES: usize = PORTABLE_LANES;
    const BLOCK: usize = 8;
    const CONVOLVED_UNITS: usize = 5;

    fn run<T: Task>(self, task: T) -> T::Output {
        task.run(self)
    }
    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; PORTABLE_LANES]
    }
    #[inline(always)]
    fn load(self, values: &[f32]) -> Self::Vector {
        std::array::from_fn(|i| values[..PORTABLE_LANES][i])
    }
    #[inline(always)]
    fn store(self, vector: Self::Vector, values: &mut [f32]) {
        values[..PORTABLE_LANES].copy_from_slice(&vector);
    }
    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        Self::zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn sum(self, a: Self::Vector) -> f32 {
        let quarter: [f32; 4] = std::array::from_fn(|i| a[i] + a[i + 4]);
        (quarter[0] + quarter[2]) + (quarter[1] + quarter[3])
    }
}

/// Defines a type that exists only where the processor has an instruction set, and implements
/// [`Simd`] for it, each method by one intrinsic.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_feature = "simd128"
))]
macro_rules! instruction_set {
    (
        $(#[$comment:meta])* $name:ident, features $features:literal, $detected:expr,
        $vector:ty, lanes $lanes:literal, block $block:literal, convolved $convolved:literal,
        splat $splat:ident, load $load:ident, store $store:ident,
        lanewise { $($method:ident $intrinsic:ident),+ $(,)? },
        mul_add |$a:ident, $b:ident, $c:ident| $mul_add:expr, sum |$all:ident| $sum:expr $(,)?
    ) => {
        $(#[$comment])*
        ///
        /// There is a value of this type only where the processor has the features that all code
        /// below is compiled for: [`Self::detect`] is the only way to get one, and the field is
        /// private to this module.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(());

        impl $name {
            /// The proof that the processor has the features, if it has them.
            pub fn detect() -> Option<Self> {
                $detected.then_some(Self(()))
            }
        }

        impl Simd for $name {
            type Vector = $vector;
            const LANES: usize = $lanes;
            const BLOCK: usize = $block;
            const CONVOLVED_UNITS: usize = $convolved;

            fn run<T: Task>(self, task: T) -> T::Output {
                #[target_feature(enable = $features)]
                fn with_features<T: Task>(simd: $name, task: T) -> T::Output {
                    task.run(simd)
                }
                // SAFETY: `self` is proof of the features.
                unsafe { with_features(self, task) }
            }
            #[inline(always)]
            fn splat(self, value: f32) -> Self::Vector {
                // SAFETY: `self` is proof of the feature that the intrinsic asks for; it accesses no
                // memory.
                unsafe { $splat(value) }
            }
            #[inline(always)]
            fn load(self, values: &[f32]) -> Self::Vector {
                let values = &values[..$lanes];
                // SAFETY: `self` is proof of the feature that the intrinsic asks for; it reads as
                // many values as the slice has, at any alignment.
                unsafe { $load(values.as_ptr()) }
            }
            #[inline(always)]
            fn store(self, vector: Self::Vector, values: &mut [f32]) {
                let values = &mut values[..$lanes];
                // SAFETY: `self` is proof of the feature that the intrinsic asks for; it writes as
                // many values as the slice has, at any alignment.
                unsafe { $store(values.as_mut_ptr(), vector) }
            }
            $(
                #[inline(always)]
                fn $method(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
                    // SAFETY: `self` is proof of the feature that the intrinsic asks for; it
                    // accesses no memory.
                    unsafe { $intrinsic(a, b) }
                }
            )+
            #[inline(always)]
            fn mul_add(self, $a: Self::Vector, $b: Self::Vector, $c: Self::Vector) -> Self::Vector {
                // SAFETY: `self` is proof of the feature that the intrinsic asks for; it accesses no
                // memory.
                unsafe { $mul_add }
            }
            #[inline(always)]
            fn sum(self, $all: Self::Vector) -> f32 {
                // SAFETY: `self` is proof of the features that the intrinsics ask for; they access no
                // memory.
                unsafe { $sum }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Simd, Task};

    instruction_set! {
        /// 512-bit registers, 32 of them.
        Avx512, features "avx512f", is_x86_feature_detected!("avx512f"),
        __m512, lanes 16, block 16, convolved 14,
        splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps,
        lanewise {
            add _mm512_add_ps, sub _mm512_sub_ps, mul _mm512_mul_ps, div _mm512_div_ps,
            min _mm512_min_ps, max _mm512_max_ps,
        },
        mul_add |a, b, c| _mm512_fmadd_ps(a, b, c),
        sum |a| _mm512_reduce_add_ps(a),
    }

    instruction_set! {
        /// 256-bit registers, 16 of them, with fused multiply-add.
        Avx2, features "avx2,fma",
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        __m256, lanes 8, block 8, convolved 10,
        splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps,
        lanewise {
            add _mm256_add_ps, sub _mm256_sub_ps, mul _mm256_mul_ps, div _mm256_div_ps,
            min _mm256_min_ps, max _mm256_max_ps,
        },
        mul_add |a, b, c| _mm256_fmadd_ps(a, b, c),
        sum |a| {
            let half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)))
        },
    }
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use std::arch::aarch64::*;

    use super::{Simd, Task};

    instruction_set! {
        /// 128-bit registers, 32 of them.
        Neon, features "neon", std::arch::is_aarch64_feature_detected!("neon"),
        float32x4_t, lanes 4, block 8, convolved 14,
        splat vdupq_n_f32, load vld1q_f32, store vst1q_f32,
        lanewise {
            add vaddq_f32, sub vsubq_f32, mul vmulq_f32, div vdivq_f32,
            min vminq_f32, max vmaxq_f32,
        },
        mul_add |a, b, c| vfmaq_f32(c, a, b),
        sum |a| vaddvq_f32(a),
    }
}

/// A page is either built for these instructions, by `-C target-feature=+simd128`, or cannot use them.
#[cfg(target_feature = "simd128")]
// Here the intrinsics are safe, and elsewhere not.
#[allow(unused_unsafe)]
mod wasm {
    use std::arch::wasm32::*;

    use super::{Simd, Task};

    #[inline(always)]
    unsafe fn load(values: *const f32) -> v128 {
        // SAFETY: the caller's.
        unsafe { v128_load(values.cast()) }
    }

    #[inline(always)]
    unsafe fn store(values: *mut f32, vector: v128) {
        // SAFETY: the caller's.
        unsafe { v128_store(values.cast(), vector) }
    }

    /// a < b ? a : b, which most processors have as one instruction; `f32x4_min` takes several.
    #[inline(always)]
    fn min(a: v128, b: v128) -> v128 {
        f32x4_pmin(b, a)
    }

    /// a > b ? a : b.
    #[inline(always)]
    fn max(a: v128, b: v128) -> v128 {
        f32x4_pmax(b, a)
    }

    instruction_set! {
        /// The 128-bit vectors of WebAssembly.
        Simd128, features "simd128", true,
        v128, lanes 4, block 16, convolved 10,
        splat f32x4_splat, load load, store store,
        lanewise {
            add f32x4_add, sub f32x4_sub, mul f32x4_mul, div f32x4_div, min min, max max,
        },
        mul_add |a, b, c| f32x4_add(f32x4_mul(a, b), c),
        sum |a| {
            let low = f32x4_extract_lane::<0>(a) + f32x4_extract_lane::<2>(a);
            low + (f32x4_extract_lane::<1>(a) + f32x4_extract_lane::<3>(a))
        },
    }
}
