//! One file a NIP: reading and writing its tags and texts. No I/O, but for [`n05`].

pub mod n05;
pub mod n10;
pub mod n13;
pub mod n17;
pub mod n19;
pub mod n22;
pub mod n25;
pub mod n32;
pub mod n44;
pub mod n56;
pub mod n59;
pub mod n65;
pub mod n88;
pub mod n92;
