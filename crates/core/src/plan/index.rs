//! Index types, so that the compiler rejects a call's index where a slot's is expected.

/// Declares index types, each for one typed vector.
macro_rules! indexes {
    ($(#[doc = $doc:literal] $name:ident;)*) => {$(
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(usize);

        impl From<usize> for $name {
            fn from(index: usize) -> Self {
                Self(index)
            }
        }

        impl From<$name> for usize {
            fn from(index: $name) -> Self {
                index.0
            }
        }
    )*};
}

indexes! {
    /// A call among those of one plan.
    CallIndex;
    /// A slot of a router's draft.
    SlotIndex;
    /// A journal among those of the owners whose records the plan writes.
    JournalIndex;
}
