//! The model's own words as values: ids, times, networks, visibilities.

use crate::{FromValue, StoreError, Value};
use landbridge_model::{Id, Network, Time, Visibility};

macro_rules! as_integer {
    ($($type:ty),*) => {
        $(impl From<$type> for Value {
            fn from(it: $type) -> Value {
                Value::Int(i64::from(it))
            }
        })*
    };
}
as_integer!(Id, Time, Network, Visibility);

impl FromValue for Id {
    fn from_value(value: Value) -> Result<Id, StoreError> {
        i64::from_value(value).map(Id)
    }
}

impl FromValue for Time {
    fn from_value(value: Value) -> Result<Time, StoreError> {
        i64::from_value(value).map(Time)
    }
}

impl FromValue for Visibility {
    fn from_value(value: Value) -> Result<Visibility, StoreError> {
        i64::from_value(value).map(Visibility::from_i64)
    }
}

/// 0 (written here) and unknown numbers are no network.
impl FromValue for Option<Network> {
    fn from_value(value: Value) -> Result<Option<Network>, StoreError> {
        Ok(Option::<i64>::from_value(value)?.and_then(Network::from_i64))
    }
}
