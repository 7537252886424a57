//! Frames of a call's socket.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::relay_frames(bytes));
