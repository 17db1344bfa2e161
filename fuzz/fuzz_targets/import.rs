#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lenet_fuzz::import(input));
