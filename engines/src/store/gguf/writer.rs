//! Writing a GGUF file: small ones, for trying out what reads them.

/// The beginnings of tensors are multiples of this.
const ALIGNMENT: usize = 32;

/// A GGUF file of version 3 as it is put together.
#[derive(Clone, Debug, Default)]
pub struct GgufWriter {
    entries: Vec<u8>,
    entry_count: u64,
    tensors: Vec<u8>,
    tensor_count: u64,
    weights: Vec<u8>,
}

impl GgufWriter {
    fn key(&mut self, key: &str, kind: u32) {
        put_text(&mut self.entries, key);
        self.entries.extend(kind.to_le_bytes());
        self.entry_count += 1;
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, value: &str) {
        self.key(key, 8);
        put_text(&mut self.entries, value);
    }

    /// Adds a number of 32 bits; of a larger one the lower bits.
    pub fn number(&mut self, key: &str, value: u64) {
        self.key(key, 4);
        self.entries.extend((value as u32).to_le_bytes());
    }

    /// Adds a number with a fraction.
    pub fn fraction(&mut self, key: &str, value: f32) {
        self.key(key, 6);
        self.entries.extend(value.to_le_bytes());
    }

    /// Adds a yes or no.
    pub fn flag(&mut self, key: &str, value: bool) {
        self.key(key, 7);
        self.entries.push(u8::from(value));
    }

    /// Adds a list of texts.
    pub fn texts(&mut self, key: &str, values: &[String]) {
        self.list(key, 8, values.len());
        for value in values {
            put_text(&mut self.entries, value);
        }
    }

    /// Adds a list of whole numbers.
    pub fn numbers(&mut self, key: &str, values: &[i32]) {
        self.list(key, 5, values.len());
        self.entries.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    /// Adds a list of numbers with fractions.
    pub fn fractions(&mut self, key: &str, values: &[f32]) {
        self.list(key, 6, values.len());
        self.entries.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn list(&mut self, key: &str, kind: u32, count: usize) {
        self.key(key, 9);
        self.entries.extend(kind.to_le_bytes());
        self.entries.extend((count as u64).to_le_bytes());
    }

    /// Adds a tensor: its shape with the innermost side first, and its numbers in the type of ggml that has this number.
    pub fn tensor(&mut self, name: &str, shape: &[u64], kind: u32, weights: &[u8]) {
        put_text(&mut self.tensors, name);
        self.tensors.extend((shape.len() as u32).to_le_bytes());
        self.tensors.extend(shape.iter().flat_map(|length| length.to_le_bytes()));
        self.tensors.extend(kind.to_le_bytes());
        self.tensors.extend((self.weights.len() as u64).to_le_bytes());
        self.tensor_count += 1;
        self.weights.extend_from_slice(weights);
        pad(&mut self.weights);
    }

    /// Gives the file.
    pub fn finish(self) -> Vec<u8> {
        let mut file = b"GGUF".to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(self.tensor_count.to_le_bytes());
        file.extend(self.entry_count.to_le_bytes());
        file.extend(self.entries);
        file.extend(self.tensors);
        pad(&mut file);
        file.extend(self.weights);
        file
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}
