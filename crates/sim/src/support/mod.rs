//! What the tests of several layers share: judges that know the stored form and the service's rules
//! from their descriptions alone, and use nothing of what they judge.

pub mod declare;
pub mod edge;
pub mod effort;
pub mod indexed;
pub mod judge;
pub mod model;
pub mod reader;
pub mod sim;
