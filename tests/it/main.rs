//! The integration tests, in one binary: about the tree, and about the running system.

mod administration;
mod authority;
mod bad_input;
mod callers;
mod calls;
mod chat;
mod contacts;
mod contract;
mod conversations;
mod enforcement;
mod gateway;
mod intake;
mod mail;
mod main_job;
mod media;
mod no_loss;
mod observability;
mod pages;
mod ranking;
mod recovery;
mod replies;
mod satisfaction;
mod screens;
mod tree;
mod whatsapp;
mod workers;
