//! The binary as operators and browsers meet it: started as a process, spoken to over its sockets.

mod house;

mod accounts;
mod limits;
mod starting;
mod tls;
