//! Event streams of Twilio.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::twilio_event_stream(bytes));
