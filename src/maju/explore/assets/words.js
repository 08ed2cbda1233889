/** What the page says, in English and Indonesian. Gaps are written {name}. */

/** @type {Record<string, Record<string, string>>} */
export const WORDS = {
  en: {
    title: "Look inside a neural network",
    skip: "Skip to the layers",
    model: "Model",
    open_file: "Open a file…",
    language: "Language",
    drop_here: "Drop a .keras or .h5 file to open it",
    input: "Input",
    prediction: "Prediction",
    forward_pass: "The forward pass",
    about: "{name}: {layers} layers, {parameters} parameters",
    own: "Your file",
    demo: "From maju demo",
    tiny: "Tiny, trained here in seconds",
    dropped: "Opened here",
    opening: "Opening…",
    training: "Training the tiny network, which takes some seconds…",
    own_images: "What becomes of an image",
    samples: "Samples",
    sample: "Sample {number}: {title}",
    upload_image: "Your image…",
    resized: "Your image is brought to {width} × {height} pixels. The file stays on this computer.",
    type_text: "A sentence",
    text_samples: "Or one of these",
    ids: "Ids, from 0 to {most}",
    ids_hint: "Whole numbers with spaces between",
    random: "Random input",
    choose_array: "Choose a .npy or .npz…",
    arrays_hint: "The model takes numbers of shape {shapes}.",
    cover: "Cover a part",
    cover_size: "Size of the patch",
    patch: "Patch that covers the image, row {row}, column {column}. Move it with the arrow keys.",
    grad_cam: "Grad-CAM: what speaks for",
    grad_cam_at: "At {layer}. Bright places speak for it.",
    grad_cam_nothing: "At {layer}. Nothing speaks for it.",
    scale: "Pixels become",
    scale_auto: "automatic",
    tokens: "Tokens",
    tokens_hint: "Press a word to leave it out.",
    leave_out: "{word}: leave out",
    put_back: "{word}: put back",
    padding: "padding",
    colour_words: "Colour words by what they add to",
    for_it: "for it",
    against_it: "against it",
    undo: "Undo all changes",
    before: "before the change {value}",
    changed: "Now {label} with {value}; before the change {before}",
    result: "{label}, {value}",
    class_names: "Class names",
    names_own: "own, with commas between",
    time_step: "Time step",
    step_of: "Step {step} (0–{last}): {word}",
    plain_step: "Step {step} (0–{last})",
    more_padding: "{count} × padding",
    back: "Step back",
    forth: "Step on",
    passes_on: "passes everything on",
    parameters: "{count} parameters",
    channels_cut: "{shown} of {all} channels",
    slice: "slice {number} of the volume",
    every: "every {n}th pixel",
    dead: "channels that are 0 everywhere: {count}",
    text_in: "text",
    show: "Show",
    state_at: "State of the {count} units after this step",
    read_padding: "hatched: padding, which this layer reads like any word",
    skipped_padding: "grey: padding, left out by the mask",
    forward: "forwards →",
    backward: "← backwards",
    "state h": "state h",
    "memory c": "memory c",
    "input gate i": "input gate i",
    "forget gate f": "forget gate f",
    "output gate o": "output gate o",
    "update gate z": "update gate z",
    "reset gate r": "reset gate r",
    candidate: "candidate",
    output: "output",
    close: "Close",
    choose_value: "Press a value in a picture, or choose one here.",
    which_value: "Which value",
    axis_row: "row",
    axis_column: "column",
    axis_channel: "channel",
    axis_unit: "unit",
    axis_step: "step",
    axis_depth: "slice",
    axis_place: "place",
    axis_direction: "direction",
    working: "How this value comes about",
    no_working: "For layers of this kind there is no step-by-step working. The value is {value}.",
    value_is: "Value",
    layer_gives: "the layer gives {value}",
    keras_gives: "Keras gives {value}",
    weights: "Weights",
    weight_stats: "from {least} to {most}, mean {mean}, deviation {deviation}",
    columns_note: "One row for each output.",
    tiles_note: "One tile a filter, of the channel that weighs most in it.",
    settings: "Settings",
    shapes: "Shapes",
    whole_output: "What it gives",
    no_weights: "This layer has no weights.",
    others: "{count} smaller products",
    other_channels: "{count} channels that weigh less",
    show_more: "{count} more",
    channel: "channel {number}",
    beyond: "beyond the edge",
    window_at: "The window begins at {place}.",
    kept: "kept",
    product: "product",
    input_gate: "Input gate",
    forget_gate: "Forget gate",
    output_gate: "Output gate",
    update_gate: "Update gate",
    reset_gate: "Reset gate",
    state: "State",
    note_at_step: "Unit {unit} at step {step}.",
    note_masked_step: "The mask leaves step {step} out, so the state stays as it was.",
    note_masked_zero: "The mask leaves step {step} out, so the output is 0.",
    note_forward_half: "From the half that reads forwards.",
    note_backward_half: "From the half that reads backwards.",
    note_softmax: "Softmax compares the sums of all {count} outputs. The largest is taken off first, so that nothing overflows.",
    note_masked_softmax: "Softmax over what the mask keeps.",
    note_over_all: "{name} looks at all {count} values together.",
    note_lookup: "Row {id}, column {column} of the table of {shape}.",
    note_token_known: "“{word}” is word {id} of the {count} in the vocabulary.",
    note_token_unknown: "The vocabulary of {count} words does not have this one: id 1 stands for all such.",
    note_token_padding: "The text has ended: 0 fills the sequence up.",
    note_token_count: "Counted over the whole text.",
    note_moved: "Taken as it is from place {place} of the input.",
    note_moved_from: "Taken as it is from input {input}, place {place}.",
    note_added_zero: "This place was added: it holds 0.",
    note_blended: "A blend of the neighbours in the input.",
    note_largest_of: "The largest of {count} values, at place {place}.",
    note_mean_over: "Mean and variance of {count} values of this input.",
    note_merged_masks: "What a mask leaves out does not count.",
    keras: "Keras’s values beside ours",
    keras_wait: "Keras is starting; the first time takes some seconds…",
    keras_same: "{version}: no value differs by more than {most}.",
    keras_gap: "Keras differs by at most {value}",
    error_title: "That did not work",
    error_many: "{count} things are not supported:",
    error_connection: "The server no longer answers. Is maju explore still running?",
    error_image: "This file cannot be read as an image.",
    error_too_large: "This file is larger than the server takes.",
    dismiss: "Dismiss",
    english_only: "",
    heat_map: "Heat map of {name}",
    circle: "circle", square: "square", triangle: "triangle", cross: "cross",
    negative: "negative", neutral: "neutral", positive: "positive",
  },
  id: {
    title: "Lihat ke dalam jaringan saraf",
    skip: "Langsung ke lapisan",
    model: "Model",
    open_file: "Buka berkas…",
    language: "Bahasa",
    drop_here: "Letakkan berkas .keras atau .h5 untuk membukanya",
    input: "Masukan",
    prediction: "Prediksi",
    forward_pass: "Propagasi maju",
    about: "{name}: {layers} lapisan, {parameters} parameter",
    own: "Berkas Anda",
    demo: "Dari maju demo",
    tiny: "Kecil, dilatih di sini dalam hitungan detik",
    dropped: "Dibuka di sini",
    opening: "Membuka…",
    training: "Melatih jaringan kecil, perlu beberapa detik…",
    own_images: "Bagaimana gambar diolah",
    samples: "Contoh",
    sample: "Contoh {number}: {title}",
    upload_image: "Gambar Anda…",
    resized: "Gambar Anda diubah menjadi {width} × {height} piksel. Berkasnya tetap di komputer ini.",
    type_text: "Sebuah kalimat",
    text_samples: "Atau salah satu ini",
    ids: "Id, dari 0 sampai {most}",
    ids_hint: "Bilangan bulat dipisahkan spasi",
    random: "Masukan acak",
    choose_array: "Pilih .npy atau .npz…",
    arrays_hint: "Model ini menerima bilangan berbentuk {shapes}.",
    cover: "Tutupi sebagian",
    cover_size: "Ukuran penutup",
    patch: "Penutup gambar, baris {row}, kolom {column}. Gerakkan dengan tombol panah.",
    grad_cam: "Grad-CAM: yang mendukung",
    grad_cam_at: "Pada {layer}. Tempat yang terang mendukungnya.",
    grad_cam_nothing: "Pada {layer}. Tidak ada yang mendukungnya.",
    scale: "Piksel menjadi",
    scale_auto: "otomatis",
    tokens: "Token",
    tokens_hint: "Tekan sebuah kata untuk menghilangkannya.",
    leave_out: "{word}: hilangkan",
    put_back: "{word}: kembalikan",
    padding: "padding",
    colour_words: "Warnai kata menurut sumbangannya pada",
    for_it: "mendukung",
    against_it: "menentang",
    undo: "Batalkan semua perubahan",
    before: "sebelum perubahan {value}",
    changed: "Sekarang {label} dengan {value}; sebelum perubahan {before}",
    result: "{label}, {value}",
    class_names: "Nama kelas",
    names_own: "sendiri, dipisahkan koma",
    time_step: "Langkah waktu",
    step_of: "Langkah {step} (0–{last}): {word}",
    plain_step: "Langkah {step} (0–{last})",
    more_padding: "{count} × padding",
    back: "Mundur selangkah",
    forth: "Maju selangkah",
    passes_on: "meneruskan semuanya",
    parameters: "{count} parameter",
    channels_cut: "{shown} dari {all} kanal",
    slice: "irisan {number} dari volume",
    every: "setiap piksel ke-{n}",
    dead: "kanal yang bernilai 0 di mana-mana: {count}",
    text_in: "teks",
    show: "Tampilkan",
    state_at: "Keadaan {count} unit setelah langkah ini",
    read_padding: "berarsir: padding, yang dibaca lapisan ini seperti kata lain",
    skipped_padding: "abu-abu: padding, dilewati oleh mask",
    forward: "ke depan →",
    backward: "← ke belakang",
    "state h": "keadaan h",
    "memory c": "ingatan c",
    "input gate i": "gerbang masukan i",
    "forget gate f": "gerbang lupa f",
    "output gate o": "gerbang keluaran o",
    "update gate z": "gerbang pembaruan z",
    "reset gate r": "gerbang reset r",
    candidate: "kandidat",
    output: "keluaran",
    close: "Tutup",
    choose_value: "Tekan sebuah nilai pada gambar, atau pilih di sini.",
    which_value: "Nilai yang mana",
    axis_row: "baris",
    axis_column: "kolom",
    axis_channel: "kanal",
    axis_unit: "unit",
    axis_step: "langkah",
    axis_depth: "irisan",
    axis_place: "tempat",
    axis_direction: "arah",
    working: "Bagaimana nilai ini dihitung",
    no_working: "Untuk lapisan jenis ini tidak ada perhitungan langkah demi langkah. Nilainya {value}.",
    value_is: "Nilai",
    layer_gives: "lapisan memberi {value}",
    keras_gives: "Keras memberi {value}",
    weights: "Bobot",
    weight_stats: "dari {least} sampai {most}, rata-rata {mean}, simpangan baku {deviation}",
    columns_note: "Satu baris untuk setiap keluaran.",
    tiles_note: "Satu petak per filter, dari kanal yang paling berbobot di dalamnya.",
    settings: "Pengaturan",
    shapes: "Bentuk",
    whole_output: "Keluarannya",
    no_weights: "Lapisan ini tidak punya bobot.",
    others: "{count} hasil kali yang lebih kecil",
    other_channels: "{count} kanal yang kurang berbobot",
    show_more: "{count} lagi",
    channel: "kanal {number}",
    beyond: "di luar tepi",
    window_at: "Jendela mulai di {place}.",
    kept: "disimpan",
    product: "hasil kali",
    input_gate: "Gerbang masukan",
    forget_gate: "Gerbang lupa",
    output_gate: "Gerbang keluaran",
    update_gate: "Gerbang pembaruan",
    reset_gate: "Gerbang reset",
    state: "Keadaan",
    note_at_step: "Unit {unit} pada langkah {step}.",
    note_masked_step: "Mask melewati langkah {step}, jadi keadaan tetap seperti sebelumnya.",
    note_masked_zero: "Mask melewati langkah {step}, jadi keluarannya 0.",
    note_forward_half: "Dari paruh yang membaca ke depan.",
    note_backward_half: "Dari paruh yang membaca ke belakang.",
    note_softmax: "Softmax membandingkan jumlah dari semua {count} keluaran. Yang terbesar dikurangkan dulu agar tidak meluap.",
    note_masked_softmax: "Softmax atas apa yang disisakan mask.",
    note_over_all: "{name} melihat semua {count} nilai bersama-sama.",
    note_lookup: "Baris {id}, kolom {column} dari tabel {shape}.",
    note_token_known: "“{word}” adalah kata ke-{id} dari {count} dalam kosakata.",
    note_token_unknown: "Kosakata {count} kata tidak memuat kata ini: id 1 mewakili semua kata seperti itu.",
    note_token_padding: "Teks sudah habis: 0 mengisi sisa deret.",
    note_token_count: "Dihitung atas seluruh teks.",
    note_moved: "Diambil apa adanya dari tempat {place} pada masukan.",
    note_moved_from: "Diambil apa adanya dari masukan {input}, tempat {place}.",
    note_added_zero: "Tempat ini ditambahkan: isinya 0.",
    note_blended: "Paduan nilai tetangga pada masukan.",
    note_largest_of: "Yang terbesar dari {count} nilai, di tempat {place}.",
    note_mean_over: "Rata-rata dan ragam dari {count} nilai masukan ini.",
    note_merged_masks: "Yang dilewati mask tidak dihitung.",
    keras: "Nilai Keras di samping nilai kami",
    keras_wait: "Keras sedang dimulai; pertama kali perlu beberapa detik…",
    keras_same: "{version}: tidak ada nilai yang berbeda lebih dari {most}.",
    keras_gap: "Keras berbeda paling banyak {value}",
    error_title: "Tidak berhasil",
    error_many: "{count} hal tidak didukung:",
    error_connection: "Server tidak menjawab lagi. Apakah maju explore masih berjalan?",
    error_image: "Berkas ini tidak dapat dibaca sebagai gambar.",
    error_too_large: "Berkas ini lebih besar daripada yang diterima server.",
    dismiss: "Tutup pesan",
    english_only: "Pesan ini hanya ada dalam bahasa Inggris:",
    heat_map: "Peta panas {name}",
    circle: "lingkaran", square: "persegi", triangle: "segitiga", cross: "silang",
    negative: "negatif", neutral: "netral", positive: "positif",
  },
};

const KEPT = "maju-language";
let language = kept() ?? (navigator.language.toLowerCase().startsWith("id") ? "id" : "en");

/** @returns {string | null} the language that was chosen last time */
function kept() {
  try {
    const found = localStorage.getItem(KEPT);
    return found in WORDS ? found : null;
  } catch {
    return null;
  }
}

/** @returns {string} "en" or "id" */
export function current() {
  return language;
}

/** Choose a language, and remember it. @param {string} chosen */
export function choose(chosen) {
  language = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // a browser that keeps nothing still changes the language
  }
}

/**
 * What the page says under a key.
 * @param {string} key
 * @param {Record<string, unknown>} [values] what fills the gaps
 */
export function t(key, values = {}) {
  const text = WORDS[language][key] ?? WORDS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? String(values[name]) : gap));
}

/** A word that may be a class's name in the tiny models. @param {string} name */
export function named(name) {
  return ["circle", "square", "triangle", "cross", "negative", "neutral", "positive"].includes(name) ? t(name) : name;
}

/**
 * A number as it is read, in the language's own notation.
 * @param {number | string} value
 * @param {number} [digits] how many that count
 */
export function number(value, digits = 4) {
  const n = Number(value);
  if (Number.isNaN(n)) return "NaN";
  if (!Number.isFinite(n)) return n > 0 ? "∞" : "−∞";
  const size = Math.abs(n);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    const [mantissa, exponent] = n.toExponential(Math.max(1, digits - 2)).split("e");
    const raised = String(Number(exponent)).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]);
    return `${number(Number(mantissa), digits)} · 10${raised}`;
  }
  const options = size >= 1 || size === 0
    ? { maximumFractionDigits: Math.max(0, digits - Math.max(1, Math.floor(Math.log10(size || 1)) + 1)) }
    : { maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, options).format(n).replace("-", "−");
}

/** A share of 1 as a percentage. @param {number} value */
export function percent(value) {
  const digits = value > 0.999 && value < 1 ? 2 : 1;
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(value);
}

/** A whole number. @param {number} value */
export function whole(value) {
  return new Intl.NumberFormat(language).format(value);
}
