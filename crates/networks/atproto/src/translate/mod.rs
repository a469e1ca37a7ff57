//! Between records and the model.
