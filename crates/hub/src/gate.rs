//! The gate: who may reach whom. Blocks, mutes, domain rules and locked accounts today; first contacts find their
//! place here.
