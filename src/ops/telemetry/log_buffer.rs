//! A buffer for log records, so that a busy server does not make a system call for each of them.
//!
//! Records are collected for a few milliseconds and then written together, by a thread of its own and in
//! their order. A warning or an error is written at once, with everything before it. A process that is
//! killed therefore loses its last records of [`PAUSE`] at most, none of them a warning.
//!
//! The memory is bounded: a thread that fills the buffer writes it itself, as it would without a buffer.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long records are collected.
const PAUSE: Duration = Duration::from_millis(20);
/// The size in bytes from which the records are written without waiting.
const MAX_BYTES: usize = 256 * 1024;

/// The buffer in front of an output. Clones share it.
#[derive(Debug)]
pub(super) struct LogBuffer<W>(Arc<BufferedOutput<W>>);

#[derive(Debug)]
struct BufferedOutput<W> {
    /// Complete records that are not written yet.
    records: Mutex<Vec<u8>>,
    /// Notified when the first record arrives.
    filled: Condvar,
    /// Locked from before records are taken until they are written, which keeps their order.
    output: Mutex<W>,
}

impl<W> Clone for LogBuffer<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write + Send + 'static> LogBuffer<W> {
    /// Creates an empty buffer, and starts the thread that writes it.
    ///
    /// # Errors
    /// Returns an error if the thread can't be started.
    pub(super) fn start(output: W) -> io::Result<Self> {
        let buffer = Self::new(output);
        let writing = buffer.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.write_forever())?;
        Ok(buffer)
    }

    fn new(output: W) -> Self {
        Self(Arc::new(BufferedOutput {
            records: Mutex::default(),
            filled: Condvar::new(),
            output: Mutex::new(output),
        }))
    }

    /// Adds a record; writes all records if this one is urgent, or if they are many.
    fn add(&self, record: &[u8], urgent: bool) -> io::Result<()> {
        let size = {
            let mut records = lock(&self.0.records);
            records.extend_from_slice(record);
            records.len()
        };
        if urgent || size >= MAX_BYTES {
            return self.write_all();
        }
        if size == record.len() {
            self.0.filled.notify_one();
        }
        Ok(())
    }

    /// Writes all records.
    ///
    /// # Errors
    /// Returns the error of the output. The records are lost then.
    pub(super) fn write_all(&self) -> io::Result<()> {
        let mut output = lock(&self.0.output);
        let records = std::mem::take(&mut *lock(&self.0.records));
        output.write_all(&records)?;
        output.flush()
    }

    fn write_forever(&self) {
        loop {
            let records = lock(&self.0.records);
            let filled = self.0.filled.wait_while(records, |it| it.is_empty());
            drop(filled);
            std::thread::sleep(PAUSE);
            // There is no other place where an error of the log could be reported.
            let _unwritable = self.write_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes one record to the buffer.
pub(super) struct RecordWriter<'a, W> {
    buffer: &'a LogBuffer<W>,
    urgent: bool,
}

impl<W: Write + Send + 'static> Write for RecordWriter<'_, W> {
    /// Adds a record. The subscriber calls this once for each, with the whole record.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        self.buffer.add(record, self.urgent)?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + Send + 'static> MakeWriter<'a> for LogBuffer<W> {
    type Writer = RecordWriter<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        RecordWriter {
            buffer: self,
            urgent: false,
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        RecordWriter {
            buffer: self,
            urgent: *metadata.level() <= Level::WARN,
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{fmt, layer::SubscriberExt};

    use super::*;

    /// An output whose bytes can be read.
    #[derive(Debug, Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Output {
        fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_warning_is_written_at_once_with_everything_before_it_and_other_records_wait() {
        let output = Output::default();
        let buffer = LogBuffer::new(output.clone());
        let layer = fmt::layer()
            .without_time()
            .with_ansi(false)
            .with_writer(buffer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!("first");
            tracing::info!("second");
            assert_eq!(output.text(), "");
            tracing::warn!("third");
            let lines = output.text();
            let order = ["first", "second", "third"].map(|text| lines.find(text));
            assert!(order.is_sorted() && order[0].is_some(), "{lines}");
            tracing::info!("fourth");
        });
        assert!(!output.text().contains("fourth"));
        buffer.write_all().unwrap();
        assert!(output.text().ends_with("fourth\n"));
    }

    #[test]
    fn a_full_buffer_is_written_by_the_thread_that_fills_it() {
        let output = Output::default();
        let buffer = LogBuffer::new(output.clone());
        let record = vec![b'x'; MAX_BYTES / 2];
        buffer.add(&record, false).unwrap();
        assert_eq!(output.text().len(), 0);
        buffer.add(&record, false).unwrap();
        assert_eq!(output.text().len(), MAX_BYTES);
    }

    #[test]
    fn the_thread_writes_what_was_collected() {
        let output = Output::default();
        let buffer = LogBuffer::start(output.clone()).unwrap();
        for part in ["one ", "two"] {
            buffer.add(part.as_bytes(), false).unwrap();
        }
        let begun = std::time::Instant::now();
        while output.text() != "one two" {
            assert!(begun.elapsed() < Duration::from_secs(10), "never written");
            std::thread::yield_now();
        }
    }
}
