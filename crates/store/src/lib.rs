mod value; mod write; mod statement; mod error;
pub use value::*; pub use write::*; pub use statement::*; pub use error::*;
#[derive(Clone)] pub struct Store;
