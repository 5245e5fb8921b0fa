//! Heap memory of values, as an allocator provides it.

use indexmap::IndexMap;
use serde_json::{Map, Value};

/// Returns the memory of an allocation: with a header, in steps of 16 bytes, as in glibc.
pub(crate) const fn allocated(bytes: usize) -> usize {
    const HEADER: usize = 8;
    const SMALLEST: usize = 32;
    match (bytes + HEADER).next_multiple_of(16) {
        _ if bytes == 0 => 0,
        taken if taken < SMALLEST => SMALLEST,
        taken => taken,
    }
}

/// Returns the memory of a value in an [`Arc`](std::sync::Arc), which adds two counters.
pub(crate) const fn shared(bytes: usize) -> usize {
    allocated(2 * size_of::<usize>() + bytes)
}

/// A value that may own heap memory.
pub(crate) trait OnHeap {
    /// Returns the bytes that it owns on the heap, without its own size.
    fn on_heap(&self) -> usize;
}

impl OnHeap for String {
    fn on_heap(&self) -> usize {
        allocated(self.capacity())
    }
}

impl<T: OnHeap> OnHeap for Vec<T> {
    fn on_heap(&self) -> usize {
        allocated(self.capacity() * size_of::<T>()) + self.iter().map(T::on_heap).sum::<usize>()
    }
}

impl<T: OnHeap> OnHeap for Option<T> {
    fn on_heap(&self) -> usize {
        self.as_ref().map_or(0, T::on_heap)
    }
}

impl<T: OnHeap> OnHeap for Box<T> {
    fn on_heap(&self) -> usize {
        allocated(size_of::<T>()) + T::on_heap(self)
    }
}

impl<V: OnHeap> OnHeap for IndexMap<String, V> {
    fn on_heap(&self) -> usize {
        let members = self.iter().map(|(key, value)| key.on_heap() + value.on_heap()).sum::<usize>();
        map::<String, V>(self.capacity()) + members
    }
}

impl OnHeap for Map<String, Value> {
    fn on_heap(&self) -> usize {
        let members = self.iter().map(|(key, value)| key.on_heap() + value.on_heap()).sum::<usize>();
        // The table's capacity is not public: an eighth of its slots stays free.
        let room = match self.len() {
            0 => 0,
            1..4 => 3,
            length => (length * 8 / 7 + 1).next_power_of_two() / 8 * 7,
        };
        map::<String, Value>(room) + members
    }
}

impl OnHeap for Value {
    fn on_heap(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => 0,
            Self::String(text) => text.on_heap(),
            Self::Array(list) => list.on_heap(),
            Self::Object(members) => members.on_heap(),
        }
    }
}

/// Returns the memory of a map: its entries, each with its hash, and the table of positions.
const fn map<K, V>(capacity: usize) -> usize {
    // Each slot has a control byte, and there are sixteen more of these.
    let places = if capacity == 0 { 0 } else { (capacity * 8 / 7 + 1).next_power_of_two() };
    let table = if places == 0 { 0 } else { places * (size_of::<usize>() + 1) + 16 };
    allocated(capacity * (size_of::<K>() + size_of::<V>() + size_of::<usize>())) + allocated(table)
}

/// Implements [`OnHeap`] for values without heap memory.
macro_rules! flat {
    ($($kind:ty),* $(,)?) => {
        $(
            impl $crate::heap::OnHeap for $kind {
                fn on_heap(&self) -> usize {
                    0
                }
            }
        )*
    };
}

pub(crate) use flat;

flat!(jiff::Timestamp);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn allocations_have_a_header_and_come_in_steps() {
        for (bytes, taken) in [(0, 0), (1, 32), (24, 32), (25, 48), (40, 48), (1000, 1008), (1001, 1024)] {
            assert_eq!(allocated(bytes), taken, "{bytes}");
        }
    }

    #[test]
    fn what_is_inside_counts_with_all_that_it_holds() {
        let text = "x".repeat(100);
        assert_eq!(json!([text]).on_heap(), allocated(size_of::<Value>()) + allocated(100));
        assert_eq!(json!(7).on_heap() + json!({}).on_heap(), 0);
        let inner = json!({"a": text}).on_heap();
        assert_eq!(json!({"b": {"a": text}}).on_heap(), inner + json!({"b": null}).on_heap());
        let large: Map<_, _> = (0..100).map(|at| (format!("member {at}"), Value::Null)).collect();
        assert!(large.on_heap() > 100 * (size_of::<Value>() + size_of::<String>() + allocated(8)));
    }
}
