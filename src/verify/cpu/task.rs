//! Calls of operations as tasks for the vectors of a level.

/// Defines a [`Task`](crate::cpu::simd::Task) with the given fields that does what comes after them.
macro_rules! task {
    (
        $(#[$comment:meta])*
        $name:ident { $($field:ident: $type:ty),+ $(,)? } |$simd:ident| $work:expr
    ) => {
        $(#[$comment])*
        struct $name<'a, const SAMPLES: usize> {
            $($field: $type),+
        }

        impl<const SAMPLES: usize> $crate::cpu::simd::Task for $name<'_, SAMPLES> {
            type Output = ();

            #[inline(always)]
            fn run<S: $crate::cpu::simd::Simd>(self, $simd: S) {
                $crate::cpu::block::expect_size_of::<S, SAMPLES>();
                let Self { $($field),+ } = self;
                $work
            }
        }
    };
}

pub(super) use task;
