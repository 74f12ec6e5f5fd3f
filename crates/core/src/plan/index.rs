//! Indexes that cannot be taken for one another.

/// Declares indexes, each into one typed vector.
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
    /// A call among those that are planned together.
    CallIndex;
    /// A slot of a router's draft.
    SlotIndex;
    /// A journal among those of all owners whose records the plan writes.
    JournalIndex;
}
