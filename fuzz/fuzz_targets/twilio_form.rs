//! Messages and status callbacks of Twilio.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::twilio_form(bytes));
