//! The allocator of the program, and how free memory returns to the system.
//!
//! mimalloc returns memory a second after it was freed, but only while it is asked for memory, and version 3
//! stops to do so if one thread schedules the next time while another clears it. An idle server would keep
//! what hashing passwords or a rush has used. So a thread makes it return everything that is free, often
//! enough for an idle server and rarely enough to cost a busy one nothing.

use std::{thread, time::Duration};

/// A request is some hundred small allocations, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The time between two times at which free memory is returned.
const INTERVAL: Duration = Duration::from_secs(10);
/// The stack of the thread, which does nothing else.
const STACK_BYTES: usize = 64 * 1024;

/// Starts the thread that returns free memory to the system. Without it the program works as well.
pub(crate) fn return_free_memory_at_intervals() {
    let spawned = thread::Builder::new()
        .name("free-memory".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(|| {
            loop {
                thread::sleep(INTERVAL);
                return_free_memory();
            }
        });
    // Memory is then returned later, or not at all.
    drop(spawned);
}

/// Returns all memory that is free to the system.
#[allow(
    unsafe_code,
    reason = "a call of a C function without a Rust interface"
)]
fn return_free_memory() {
    // SAFETY: the function may be called by any thread at any time, and changes no memory that is in use.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
