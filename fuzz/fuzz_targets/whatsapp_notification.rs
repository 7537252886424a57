//! Notifications of WhatsApp.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::whatsapp_notification(bytes));
