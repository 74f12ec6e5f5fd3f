//! The direction in which an entry moves between chunks.

use std::cmp::Ordering;

use super::layout::Fragments;

/// The direction in which an item moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To fewer chunks, inside those over which it is cut. It makes room for both neighbours.
    Together,
    Left,
    /// The item does not move, is new, or is removed.
    Stay,
    Right,
    /// To more chunks, on both sides. Both neighbours must make room.
    Apart,
}

impl Direction {
    /// The direction from the `before` places to those `after`.
    pub(super) fn of(before: &Fragments, after: &Fragments) -> Self {
        let ends = |place: &Fragments| Some((place.first()?.chunk, place.last()?.chunk));
        let (Some(old), Some(new)) = (ends(before), ends(after)) else { return Self::Stay };
        match (new.0.cmp(&old.0), new.1.cmp(&old.1)) {
            (Ordering::Greater, Ordering::Less) => Self::Together,
            (Ordering::Less, Ordering::Greater) => Self::Apart,
            (Ordering::Less, _) | (Ordering::Equal, Ordering::Less) => Self::Left,
            (Ordering::Greater, _) | (Ordering::Equal, Ordering::Greater) => Self::Right,
            // The same chunks: a smaller piece in the first is a move to the right.
            (Ordering::Equal, Ordering::Equal) if new.0 < new.1 => {
                match after[0].len().cmp(&before[0].len()) {
                    Ordering::Less => Self::Right,
                    Ordering::Equal => Self::Stay,
                    Ordering::Greater => Self::Left,
                }
            }
            (Ordering::Equal, Ordering::Equal) => Self::Stay,
        }
    }
}
