//! To be written.
/// Files of pictures, video and sound.
#[derive(Clone)]
pub struct MediaStore;
