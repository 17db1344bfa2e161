//! Elementary functions that round alike on every system and processor.
//!
//! Those of the standard library are the system's: glibc, Windows and macOS round some results
//! differently, and a training then ends in other bytes. These are computed by the arithmetic that IEEE
//! 754 rounds in one way everywhere. Square roots are part of it, so the standard library's will do.

/// Defines the functions for one type of number, each by one of the crate `libm`.
macro_rules! elementary {
    (
        $module:ident, $number:ty,
        $($(#[$comment:meta])* $name:ident($($argument:ident),+) by $function:ident),+ $(,)?
    ) => {
        #[doc = concat!("Of `", stringify!($number), "`.")]
        pub mod $module {
            $(
                $(#[$comment])*
                pub fn $name($($argument: $number),+) -> $number {
                    libm::$function($($argument),+)
                }
            )+
        }
    };
}

elementary! {
    of_f32, f32,
    /// e^x.
    exp(x) by expf,
    /// The natural logarithm of x.
    ln(x) by logf,
    /// The hyperbolic tangent of x.
    tanh(x) by tanhf,
}

elementary! {
    of_f64, f64,
    /// e^x.
    exp(x) by exp,
    /// The natural logarithm of x.
    ln(x) by log,
    /// The hyperbolic tangent of x.
    tanh(x) by tanh,
    /// The cosine of x radians.
    cos(x) by cos,
    /// The tangent of x radians.
    tan(x) by tan,
    /// x^y.
    pow(x, y) by pow,
}
