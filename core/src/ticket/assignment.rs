//! Who does the work: which technicians fit and in which order, who may be sent, and how far apart a technician's jobs may
//! be.

pub mod distance;
