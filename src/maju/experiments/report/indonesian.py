"""The report's words in Indonesian, which has one form for one and many."""

from __future__ import annotations

__all__ = ["INDONESIAN"]

INDONESIAN = {
    # the page
    "title": "maju: Keras dan dari nol, berdampingan",
    "lead": (
        "Model yang dilatih dengan Keras, dijalankan ulang dari nol dengan NumPy, lalu dibandingkan pada "
        "seluruh data uji."
    ),
    "contents": "Daftar isi",
    "summary": "Ringkasan",
    "overview": "Semua studi",
    "overview.plot": "Makro-F1 setiap baris",
    "overview.caption": "Setiap studi dengan baris terbaik dan terburuknya menurut makro-F1 Keras.",
    "reading": "Cara membaca laporan ini",
    "findings": "Yang ditunjukkan angka-angkanya",
    "results": "Hasil",
    "halves": "Tanpa dan dengan mask",
    "losses": "Kurva loss",
    "confusion": "Confusion matrix",
    "per_class": "F1 tiap kelas",
    "per_seed": "Tiap seed",
    "trained": "Dilatih dengan Keras dan dari nol",
    "conditions": "Yang sama untuk semua baris",
    "differs": "Yang berbeda",
    "quick": (
        "Bukan tolok ukur: {studies} dijalankan dengan sebagian data atau epoch yang lebih sedikit, "
        "seperti `maju reproduce --quick`. Angka-angkanya hanya menunjukkan bahwa semuanya berjalan."
    ),
    "and": "dan",
    "comma_and": ", dan ",
    # the summary
    "fact.compared": "Dibandingkan",
    "fact.compared.text": "{rows} baris dari {studies} studi",
    "fact.data": "Data",
    "fact.trainings": "Pelatihan",
    "fact.trainings.text": "{trainings}: {finished} selesai, {failed} gagal, {missing} belum dijalankan",
    "fact.trainings.shared": "baris dengan konfigurasi yang sama berbagi satu pelatihan",
    "fact.agreement": "Keras dan dari nol",
    "fact.trained": "Dilatih dari nol",
    "fact.time": "Waktu pelatihan",
    "fact.seeds": "Seed",
    "fact.versions": "Versi",
    "split.train": "{count} data latih",
    "split.validation": "{count} data validasi",
    "split.test": "{count} data uji",
    "split.part": "{count} dari {whole}",
    # states
    "failed": "gagal",
    "missing": "belum dijalankan",
    "missing.seeds": "{done} dari {seeds} seed dijalankan",
    "failed.note": "“{row}” gagal: {error}",
    "failed.note.seed": "“{row}”, seed {seed}, gagal: {error}",
    "failed.note.trained": "“{row}”, dilatih dari nol, gagal: {error}",
    "failed.note.trained.seed": "“{row}”, dilatih dari nol, seed {seed}, gagal: {error}",
    "missing.note.trained": "Belum dilatih dari nol: {rows}.",
    "missing.note": "Belum dijalankan: {rows}.",
    "word.failed": "gagal",
    "yes": "ya",
    "no": "tidak",
    "one_label": "satu label",
    # columns
    "column.study": "studi",
    "column.finished": "baris selesai",
    "column.best": "terbaik",
    "column.worst": "terburuk",
    "column.row": "baris",
    "column.seed": "seed",
    "column.parameters": "parameter",
    "column.epochs": "epoch",
    "column.f1": "makro-F1",
    "column.accuracy": "akurasi",
    "column.agreement": "kesesuaian",
    "column.labels": "label",
    "column.difference": "maks |Δp|",
    "column.reference": "studi asli",
    "column.target": "target",
    "column.reached": "tercapai",
    "column.seconds": "detik",
    "column.train": "pelatihan",
    "column.keras": "Keras",
    "column.scratch": "dari nol",
    "column.trained": "dilatih dari nol",
    "column.seeds": "seed",
    "column.training_seconds": "detik pelatihan",
    "column.f1_difference": "selisih",
    "column.noise": "derau seed",
    "column.within": "di dalamnya",
    "column.without": "tanpa",
    "column.with": "dengan",
    "column.change": "perubahan",
    "column.share": "porsi terbesar satu label",
    "column.training_loss": "loss pelatihan",
    "column.validation_loss": "loss validasi",
    "column.lowest": "terendah",
    "column.epoch": "pada epoch",
    "column.last": "di akhir",
    "column.gap": "selisih di akhir",
    "column.class": "kelas",
    # captions
    "caption.results": "Skor pada {rows} data uji, Keras dan dari nol berdampingan.",
    "caption.results.any": "Skor pada data uji, Keras dan dari nol berdampingan.",
    "caption.seeds": (
        "Baris dengan beberapa seed: rata-rata ± simpangan baku; untuk kesesuaian, seed terburuk."
    ),
    "caption.halves": (
        "Baris yang hanya berbeda pada mask. Porsi terbesar: berapa banyak data uji yang mendapat label "
        "yang paling sering diberikan model; 100% berarti model memberi satu label untuk semuanya."
    ),
    "caption.losses": "Di mana kurva berakhir, dan di mana loss validasi paling rendah.",
    "caption.per_class": "F1 tiap kelas pada data uji, menurut Keras.",
    "caption.per_class.scratch": "F1 tiap kelas pada data uji, menurut Keras dan dari nol.",
    "caption.per_seed": "Setiap pelatihan dari baris dengan beberapa seed.",
    "caption.trained": (
        "Makro-F1 model yang dilatih Keras di samping yang dilatih maju: jaringan, data, batch dan optimizer "
        "sama, tetapi bobot awal diacak masing-masing. “Satu label”: siapa pun yang melatih dan apa pun "
        "seed-nya, model memberi (hampir) semua data uji satu label, sehingga seed tidak berpengaruh."
    ),
    "row.scratch": "{row} (dari nol)",
    # plots
    "plot.training": "Loss pelatihan",
    "plot.validation": "Loss validasi",
    "plot.epoch": "epoch",
    "plot.loss": "loss",
    "plot.true": "kelas sebenarnya",
    "plot.predicted": "kelas prediksi",
    "plot.both": "Keras = dari nol",
    "plot.sum": "jumlah {seeds} seed",
    "plot.keras": "Keras",
    "plot.scratch": "dari nol",
    "plot.trained": "dilatih dari nol",
    "plot.original": "studi asli, Keras",
    "plot.note": "Lingkaran menandai loss validasi terendah.",
    "plot.note.mask": "Garis putus-putus: tanpa mask; garis utuh dengan warna yang sama: dengan mask.",
    "plot.note.band": "Beberapa seed: rata-ratanya, dalam pita selebar satu simpangan baku.",
    "plot.confusion_note": (
        "Baris: kelas sebenarnya; kolom: kelas prediksi. Makin gelap, makin besar porsinya dari kelas "
        "sebenarnya."
    ),
    "alt.training": "Loss pelatihan tiap epoch, satu garis untuk tiap baris. Di akhir: {values}.",
    "alt.validation": "Loss validasi tiap epoch, satu garis untuk tiap baris. Terendah: {values}.",
    "alt.at_end": "{row} {loss}",
    "alt.lowest": "{row} {loss} pada epoch {epoch}",
    "alt.confusion": "Confusion matrix {row}, {program}. Benar: {values}.",
    "alt.right": "{right} dari {count} {name}",
    "alt.overview": "Makro-F1 setiap baris, studi demi studi; angka yang sama ada pada tabel-tabel di bawah.",
    # sentences
    "say.finished_of": "Dari {rows} baris, {finished} sudah selesai.",
    "say.only": "{row} mencapai makro-F1 {f1}.",
    "say.all_equal": "Semua {count} baris yang selesai mencapai makro-F1 yang sama, {f1}.",
    "say.best": (
        "Makro-F1 terbaik adalah {best} ({best_rows}), yang terburuk {worst} ({worst_rows}): selisihnya "
        "{spread}."
    ),
    "say.chance.within": (
        "Selisih itu masih bisa terjadi secara kebetulan: dua model yang sama baiknya dapat berbeda "
        "sekitar {noise} dalam akurasi pada {rows} data uji, dan setiap baris hanya dilatih dengan satu "
        "seed. Urutan baris-baris ini bisa jadi kebetulan."
    ),
    "say.chance.beyond": (
        "Setiap baris hanya dilatih dengan satu seed, dan pada {rows} data uji dua model yang sama "
        "baiknya dapat berbeda sekitar {noise} dalam akurasi: perbedaan yang lebih kecil bisa jadi "
        "kebetulan."
    ),
    "say.chance.seeds_within": (
        "Selisih itu tidak lebih dari dua kali simpangan baku antar-seed yang terbesar ({deviation}): "
        "urutan baris-baris ini bisa jadi kebetulan."
    ),
    "say.chance.seeds_beyond": (
        "Selisih itu lebih dari dua kali simpangan baku antar-seed yang terbesar ({deviation})."
    ),
    "say.one_class": (
        "{rows} memberi label yang sama, “{name}”, untuk seluruh data uji: makro-F1 {f1} adalah hasil "
        "jika selalu menjawab label itu."
    ),
    "say.nearly_one_class": (
        "{rows} memberi satu label, “{name}”, untuk {share} data uji; selalu menjawab label itu "
        "menghasilkan makro-F1 {f1}."
    ),
    "say.one_class.seeds": (
        "{rows}: pada {count} dari {seeds} seed, {share} data uji atau lebih mendapat satu label; selalu "
        "menjawab “{name}” menghasilkan makro-F1 {f1}."
    ),
    "say.masking": (
        "Pada {pairs} pasang baris yang hanya berbeda pada mask, mask mengubah makro-F1 rata-rata sebesar "
        "{mean} ({low} sampai {high})."
    ),
    "say.masking.one": (
        "Pada satu-satunya pasangan baris yang hanya berbeda pada mask, mask mengubah makro-F1 sebesar "
        "{mean}."
    ),
    "say.saved": (
        "Model yang (hampir) selalu memberi satu label tanpa mask: {rows}. Dengan mask masih demikian: "
        "{left}."
    ),
    "say.saved.all": (
        "Model yang (hampir) selalu memberi satu label tanpa mask: {rows}. Dengan mask tidak ada lagi "
        "yang demikian."
    ),
    "say.turns": (
        "Loss validasi terendah tercapai sebelum akhir, dan lebih tinggi pada epoch terakhir: {places}."
    ),
    "say.turns.place": "pada epoch {epoch} dari {epochs} ({rows})",
    "say.falling": (
        "Loss validasi masih berada di titik terendahnya pada epoch terakhir: {rows}. Epoch tambahan "
        "mungkin masih menurunkannya."
    ),
    "say.unlearned": (
        "Loss validasi tidak pernah turun jauh di bawah {guess}, yaitu loss jika {classes} kelas diberi "
        "peluang yang sama: {rows}."
    ),
    "say.unlearned.row": "{row} (terendah {loss})",
    "say.gap": (
        "Di akhir, loss validasi dikurangi loss pelatihan berada antara {low} ({low_rows}) dan {high} "
        "({high_rows})."
    ),
    "say.gap.one": "Di akhir, loss validasi dikurangi loss pelatihan adalah {high} ({high_rows}).",
    "say.gap.memorized": (
        "Selisih yang besar berarti bahwa pada epoch-epoch terakhir model hanya menghafal data latih."
    ),
    "say.original": (
        "Dibandingkan dengan makro-F1 Keras pada studi asli, {above} dari {count} baris lebih tinggi dan "
        "{below} lebih rendah; bedanya rata-rata {mean}, dari {low} ({low_rows}) sampai {high} "
        "({high_rows})."
    ),
    "say.original.one": (
        "Studi asli mencapai makro-F1 {reference} dengan {row}, sedangkan di sini {f1}: {mean}."
    ),
    "say.original_one_class": (
        "Nilai {reference} pada studi asli untuk {rows} sama, hingga empat angka desimal, dengan hasil "
        "jika selalu menjawab “{name}”."
    ),
    "say.original_scratch": (
        "Kode dari nol milik studi asli mencapai {scratch} untuk {row}, sedangkan model Keras-nya "
        "{reference}."
    ),
    "say.original_scratch.word": "Kode dari nol milik studi asli tidak memiliki skor untuk {row}: {word}.",
    "say.here_equal": (
        "Di sini Keras dan dari nol memberi label yang sama untuk {agree} dari {rows} data ujinya."
    ),
    "say.target_reached": "{row} mencapai targetnya, {target}, dengan {f1}.",
    "say.target_missed": "{row} tidak mencapai targetnya, {target}: kurang {by}, dengan {f1}.",
    "say.agree": (
        "Hasil dari nol sama dengan Keras: seluruh {agree} label sama, dan tidak ada peluang yang berbeda "
        "lebih dari {difference} (batasnya {bound})."
    ),
    "say.disagree": (
        "Hasil dari nol tidak selalu sama dengan Keras: {agree} dari {rows} label sama, dan peluangnya "
        "berbeda hingga {difference} (batasnya {bound}). Lihat {where}."
    ),
    "say.trained.within": (
        "Dilatih dari nol, makro-F1 berada dalam derau seed dari makro-F1 Keras pada semua {count} baris "
        "yang dapat dinilai."
    ),
    "say.trained.beyond": (
        "Dilatih dari nol, makro-F1 berada dalam derau seed dari makro-F1 Keras pada {within} dari {count} "
        "baris yang dapat dinilai, kecuali {beyond}."
    ),
    "say.trained.row": "“{row}” ({difference}, dengan derau {noise})",
    "say.trained.mean": (
        "Pada baris-baris itu selisihnya rata-rata {mean}, sedangkan seed saja dapat menjelaskan hingga "
        "{noise}."
    ),
    "say.trained.one_label": (
        "Pada {count} baris seed tidak berpengaruh, karena dengan Keras maupun dari nol setiap seed berakhir "
        "pada model yang memberi (hampir) semua data uji satu label: di sana selisihnya {low} sampai {high}."
    ),
    "say.trained.one_seed": (
        "Pada {count} baris Keras atau maju hanya melatih dengan satu seed, sehingga derau seed tidak "
        "diketahui: dilatih dari nol, makro-F1 berbeda {low} sampai {high}."
    ),
    "say.no_agreement": "Belum ada pelatihan yang selesai.",
    # how to read
    "note.f1": (
        "Makro-F1: rata-rata F1 = 2PR / (P + R) dari semua kelas, dengan bobot yang sama. Kelas yang "
        "tidak pernah diprediksi memiliki F1 0."
    ),
    "note.agreement": (
        "Label: berapa banyak data uji yang mendapat label yang sama dari Keras dan dari nol. maks |Δp|: "
        "beda terbesar antara dua peluang, dibulatkan ke atas; galat pembulatan float32 menjelaskan "
        "hingga {bound}."
    ),
    "note.trained": (
        "Dilatih dari nol: oleh maju, dari bobot awalnya sendiri, dinilai dari prediksi maju. Derau seed "
        "adalah 2·√(s₁²/n₁ + s₂²/n₂), yaitu dua kali galat baku selisih antara rata-rata n₁ dan n₂ seed "
        "dengan simpangan baku s₁ dan s₂. Dengan tiga seed di tiap sisi, kebetulan saja menempatkan sekitar "
        "satu dari sembilan baris di luarnya."
    ),
    "note.seconds": (
        "Detik: untuk melatih dengan Keras (termasuk validasi), dan untuk memprediksi seluruh data uji: "
        "Keras dengan semua inti prosesor, dari nol dengan satu thread untuk perkalian matriks NumPy."
    ),
    "note.states": (
        "Baris yang gagal atau belum dijalankan tidak memiliki skor; baris yang gagal dicantumkan beserta "
        "galatnya."
    ),
    "note.original": (
        "Studi asli: angka yang dilaporkan penulisnya, dengan Keras dan dengan kode dari nol mereka sendiri."
    ),
    "note.csv": (
        "Angka yang sama untuk lembar kerja (spreadsheet): {file}, satu baris untuk tiap konfigurasi dan "
        "seed."
    ),
    # the page of a model
    "model.rows": "Baris",
    "model.back": "← Laporan",
    "model.pictures": "Tulisan di dalam gambar berbahasa Inggris.",
    "model.by_keras": "Dilatih dengan Keras, seed {seed}: {file}.",
    "model.by_maju": "Dilatih dari nol oleh maju, seed {seed}: {file}.",
    "model.kept": (
        "Gambar tentang seluruh data uji menunjukkan probabilitas yang diberikan Keras seusai pelatihan; "
        "gambar lainnya menunjukkan model yang dijalankan oleh maju."
    ),
    "model.agreement": "{labels} label sama; maks |Δp| {difference}",
    "model.right": "data uji {row}, “{true}”, sesuai jawaban model",
    "model.wrong": "data uji {row}, “{true}”, padahal jawaban model “{guess}”",
    "model.not_drawn": "Sebuah gambar tidak dapat dibuat: {reason}",
    "model.graph": "Lapisan",
    "model.graph.caption": (
        "Dibaca dari atas: tiap kotak adalah satu lapisan, dengan bentuk keluarannya dan jumlah parameternya."
    ),
    "model.losses": "Kurva loss",
    "model.losses.caption": (
        "Kedua kurva seharusnya turun; bila loss validasi naik sementara loss latih masih turun, model "
        "menghafal data latihnya."
    ),
    "model.confusion": "Confusion matrix",
    "model.confusion.caption": (
        "Tiap baris adalah kelas sebenarnya dan tiap kolom jawaban model; yang berada di luar diagonal "
        "adalah kesalahannya."
    ),
    "model.reliability": "Keandalan",
    "model.reliability.caption": (
        "Dari data uji yang diyakini model, misalnya, 80%, seharusnya 80% benar: batang di bawah diagonal "
        "berarti model terlalu yakin."
    ),
    "model.mistakes": "Paling keliru",
    "model.mistakes.caption": (
        "Data uji yang kelas sebenarnya diberi probabilitas terkecil oleh model: carilah label yang "
        "salah, dan apa yang sama di antara data ini."
    ),
    "model.filters": "Filter",
    "model.filters.caption": (
        "Yang dicari konvolusi pertama dan terakhir: tiap petak adalah satu jendela bobot, dan makin "
        "mirip suatu tempat di masukan dengannya, makin kuat filter itu menjawab di sana."
    ),
    "model.feature_maps": "Feature map",
    "model.feature_maps.caption": (
        "Tempat filter konvolusi pertama dan terakhir menjawab satu gambar uji: makin terang makin kuat; "
        "peta yang dicoret bernilai 0 di mana-mana."
    ),
    "model.grad_cam": "Grad-CAM",
    "model.grad_cam.caption": (
        "Bagian gambar yang mendukung kelas pilihan model, pada konvolusi terakhirnya: makin terang makin "
        "kuat."
    ),
    "model.integrated_gradients": "Integrated gradients",
    "model.integrated_gradients.caption": (
        "Seberapa besar tiap piksel menambah atau mengurangi nilai kelas pilihan model, dibandingkan "
        "dengan gambar hitam."
    ),
    "model.tokens": "Sumbangan tiap kata",
    "model.tokens.caption": (
        "Seberapa besar tiap kata menambah atau mengurangi nilai kelas pilihan model: menurut integrated "
        "gradients, dan bila kata itu dihilangkan."
    ),
    "model.gates": "Gerbang",
    "model.gates.caption": (
        "Yang terjadi di lapisan rekuren pertama, kata demi kata, satu garis tiap unit: gerbang lupa "
        "(forget gate) dekat 1 menyimpan yang telah dibaca, dekat 0 membuangnya; padding diarsir."
    ),
    "model.states": "Keadaan tersembunyi",
    "model.states.caption": (
        "Keadaan lapisan rekuren pertama setelah tiap kata, satu garis tiap unit: bila berubah, kata itu "
        "berpengaruh; bila memudar, teksnya terlupakan; padding diarsir."
    ),
    "model.activations": "Aktivasi",
    "model.activations.caption": (
        "Sebaran angka yang dikeluarkan tiap lapisan untuk 64 data uji pertama: ReLU yang mati selalu 0, "
        "dan gerbang yang jenuh selalu hampir 0 atau 1; keduanya hampir tidak belajar lagi."
    ),
    # settings
    "data.nusax": "NusaX-Sentiment (bahasa Indonesia)",
    "data.nusax.other": "NusaX-Sentiment ({language})",
    "data.cifar10": "CIFAR-10",
    "data.digits": "digit tulisan tangan dari scikit-learn",
    "data.sentences": "kalimat bahasa Indonesia bawaan maju",
    "topic.data": "Data",
    "topic.network": "Jaringan",
    "topic.training": "Pelatihan",
    "convolutional": "konvolusional",
    "convolutional.blocks": "konvolusi dengan {value} filter, pool 2x2 setelah tiap blok",
    "convolutional.kernel_size": "kernel {value}x{value}",
    "convolutional.pooling.max": "max pooling",
    "convolutional.pooling.average": "average pooling",
    "convolutional.batch_normalization": "batch normalization",
    "convolutional.block_dropout": "dropout {value} setelah tiap blok",
    "convolutional.global_pooling": "global average pooling",
    "convolutional.dense": "Dense({value}, relu) sebelum softmax",
    "convolutional.dropout": "dropout {value} sebelum lapisan Dense",
    "recurrent": "rekuren",
    "recurrent.cell": "lapisan {value}",
    "recurrent.units": "{value} unit",
    "recurrent.bidirectional": "dua arah",
    "recurrent.bidirectional.false": "satu arah",
    "recurrent.mask_zero": "padding diberi mask",
    "recurrent.mask_zero.false": "padding tanpa mask",
    "recurrent.max_tokens": "kosakata {value} kata",
    "recurrent.output_sequence_length": "{value} kata tiap teks",
    "recurrent.embedding_dim": "embedding {value} dimensi",
    "recurrent.embedding_dropout": "dropout {value} setelah embedding",
    "recurrent.dropout": "dropout {value} setelah tiap lapisan rekuren",
    "recurrent.pooling.last": "",
    "recurrent.pooling.average": "rata-rata keluaran sepanjang teks",
    "recurrent.dense": "Dense({value}, relu) sebelum softmax",
    "recurrent.dense_dropout": "dropout {value} setelah tiap lapisan Dense",
    "training.epochs": "{value} epoch",
    "training.batch_size": "batch {value}",
    "training.learning_rate": "Adam dengan laju {value}",
    "training.schedule.constant": "",
    "training.schedule.cosine": "laju turun mengikuti kosinus",
    "training.warmup_epochs": "pemanasan {value} epoch",
    "training.weight_decay": "weight decay {value}",
    "training.global_clipnorm": "norma gradien dibatasi {value}",
    "training.label_smoothing": "label smoothing {value}",
    "training.augmentation": "augmentasi: {value}",
    "training.token_dropout": "{value} dari kata-kata dihilangkan",
    "differs.data": "data",
    "differs.kind": "jenis jaringan",
    "differs.blocks": "lapisan konvolusi dan filternya",
    "differs.kernel_size": "ukuran kernel",
    "differs.pooling": "pooling",
    "differs.batch_normalization": "batch normalization",
    "differs.block_dropout": "dropout setelah blok",
    "differs.global_pooling": "global pooling",
    "differs.dense": "lapisan Dense",
    "differs.dropout": "dropout",
    "differs.cell": "sel",
    "differs.units": "lapisan rekuren dan unitnya",
    "differs.bidirectional": "arah",
    "differs.mask_zero": "mask",
    "differs.max_tokens": "kosakata",
    "differs.output_sequence_length": "jumlah kata tiap teks",
    "differs.embedding_dim": "embedding",
    "differs.embedding_dropout": "dropout setelah embedding",
    "differs.dense_dropout": "dropout setelah lapisan Dense",
    "differs.epochs": "jumlah epoch",
    "differs.batch_size": "ukuran batch",
    "differs.learning_rate": "laju pembelajaran",
    "differs.schedule": "jadwal laju",
    "differs.warmup_epochs": "pemanasan",
    "differs.weight_decay": "weight decay",
    "differs.global_clipnorm": "pembatasan gradien",
    "differs.label_smoothing": "label smoothing",
    "differs.augmentation": "augmentasi",
    "differs.token_dropout": "kata yang dihilangkan",
    # durations
    "duration.hours": "{hours} jam {minutes} menit",
    "duration.minutes": "{minutes} menit {seconds} detik",
    "duration.seconds": "{seconds} detik",
}
