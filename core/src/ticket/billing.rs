//! Rules of the invoice of a ticket.

pub mod draft;
pub mod generate_invoice;
pub mod void;
