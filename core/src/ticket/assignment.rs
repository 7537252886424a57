//! Who does the work: which technicians fit and in which order, who may be sent, and how far apart a technician's jobs may
//! be.

pub mod candidate;
pub mod dispatch;
pub mod distance;
pub mod recommend;
pub mod slot;

pub use candidate::{ActiveJob, Candidate, Job, Unfit};
