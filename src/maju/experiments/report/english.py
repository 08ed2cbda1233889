"""The report's words in English; a key that ends in ``.one`` is for the number 1."""

from __future__ import annotations

__all__ = ["ENGLISH"]

ENGLISH = {
    # the page
    "title": "maju: Keras beside from scratch",
    "lead": "Models that Keras trained, run again from scratch in NumPy, compared on every test row.",
    "contents": "Contents",
    "summary": "In short",
    "overview": "All studies",
    "overview.plot": "Macro-F1 of every row",
    "overview.caption": "Each study with its best and its worst row, by Keras's macro-F1.",
    "reading": "How to read this",
    "findings": "What the numbers say",
    "results": "Results",
    "halves": "Without and with a mask",
    "losses": "Loss curves",
    "confusion": "Confusion matrices",
    "per_class": "F1 of each class",
    "per_seed": "Each seed",
    "trained": "Trained by Keras and from scratch",
    "conditions": "The same for all rows",
    "differs": "What differs",
    "quick": (
        "Not a benchmark: {studies} ran on a part of the data or for fewer epochs, as `maju reproduce "
        "--quick` does. The numbers show that everything works, and nothing else."
    ),
    "and": "and",
    "comma_and": " and ",
    # the summary
    "fact.compared": "Compared",
    "fact.compared.text": "{rows} rows of {studies} studies",
    "fact.compared.text.one": "{rows} rows of 1 study",
    "fact.data": "Data",
    "fact.trainings": "Trainings",
    "fact.trainings.text": "{trainings}: {finished} finished, {failed} failed, {missing} not run yet",
    "fact.trainings.shared": "rows with the same configuration share one",
    "fact.agreement": "Keras and from scratch",
    "fact.trained": "Trained from scratch",
    "fact.time": "Time to train",
    "fact.seeds": "Seeds",
    "fact.versions": "Versions",
    "split.train": "{count} training rows",
    "split.validation": "{count} validation rows",
    "split.test": "{count} test rows",
    "split.part": "{count} of {whole}",
    # states
    "failed": "failed",
    "missing": "not run yet",
    "missing.seeds": "{done} of {seeds} seeds run",
    "failed.note": "“{row}” failed: {error}",
    "failed.note.seed": "“{row}”, seed {seed}, failed: {error}",
    "failed.note.trained": "“{row}”, trained from scratch, failed: {error}",
    "failed.note.trained.seed": "“{row}”, trained from scratch, seed {seed}, failed: {error}",
    "missing.note": "Not run yet: {rows}.",
    "missing.note.trained": "Not yet trained from scratch: {rows}.",
    "word.failed": "failed",
    "yes": "yes",
    "no": "no",
    "one_label": "one label",
    # columns
    "column.study": "study",
    "column.finished": "rows finished",
    "column.best": "best",
    "column.worst": "worst",
    "column.row": "row",
    "column.seed": "seed",
    "column.parameters": "parameters",
    "column.epochs": "epochs",
    "column.f1": "macro-F1",
    "column.accuracy": "accuracy",
    "column.agreement": "agreement",
    "column.labels": "labels",
    "column.difference": "max |Δp|",
    "column.reference": "original study",
    "column.target": "target",
    "column.reached": "reached",
    "column.seconds": "seconds",
    "column.train": "training",
    "column.keras": "Keras",
    "column.scratch": "from scratch",
    "column.trained": "trained from scratch",
    "column.seeds": "seeds",
    "column.training_seconds": "seconds to train",
    "column.f1_difference": "difference",
    "column.noise": "seed noise",
    "column.within": "within it",
    "column.without": "without",
    "column.with": "with",
    "column.change": "change",
    "column.share": "largest share of one label",
    "column.training_loss": "training loss",
    "column.validation_loss": "validation loss",
    "column.lowest": "lowest",
    "column.epoch": "in epoch",
    "column.last": "at the end",
    "column.gap": "gap at the end",
    "column.class": "class",
    # captions
    "caption.results": "Scores on {rows} test rows, Keras beside from scratch.",
    "caption.results.any": "Scores on the test rows, Keras beside from scratch.",
    "caption.seeds": "Rows with several seeds: mean ± standard deviation; the worst seed for the agreement.",
    "caption.halves": (
        "Rows that differ in the mask alone. Largest share: how many test rows got the label that the "
        "model gives most; 100% is a model that gives one label to everything."
    ),
    "caption.losses": "Where the curves end, and where validation loss is lowest.",
    "caption.per_class": "F1 of each class on the test rows, by Keras.",
    "caption.per_class.scratch": "F1 of each class on the test rows, by Keras and from scratch.",
    "caption.per_seed": "Every training of the rows with several seeds.",
    "caption.trained": (
        "Macro-F1 of what Keras trained beside what maju trained: the same networks, data, batches and "
        "optimizer, but weights drawn by each itself. “One label”: whoever trained it and with every seed, "
        "the model gives (nearly) all test rows one label, so that seeds have nothing to tell."
    ),
    "row.scratch": "{row} (from scratch)",
    # plots
    "plot.training": "Training loss",
    "plot.validation": "Validation loss",
    "plot.epoch": "epoch",
    "plot.loss": "loss",
    "plot.true": "true class",
    "plot.predicted": "predicted class",
    "plot.both": "Keras = from scratch",
    "plot.sum": "sum of {seeds} seeds",
    "plot.keras": "Keras",
    "plot.scratch": "from scratch",
    "plot.trained": "trained from scratch",
    "plot.original": "original study, Keras",
    "plot.note": "A ring marks the lowest validation loss.",
    "plot.note.mask": "Dashed: without a mask; solid, in the same colour: with it.",
    "plot.note.band": "Several seeds: their mean, in a band of one standard deviation.",
    "plot.confusion_note": (
        "Rows: true class; columns: predicted class. The darker, the larger the share of the true class."
    ),
    "alt.training": "Training loss over the epochs, a line a row. At the end: {values}.",
    "alt.validation": "Validation loss over the epochs, a line a row. Lowest: {values}.",
    "alt.at_end": "{row} {loss}",
    "alt.lowest": "{row} {loss} in epoch {epoch}",
    "alt.confusion": "Confusion matrix of {row}, {program}. Right: {values}.",
    "alt.right": "{right} of {count} {name}",
    "alt.overview": "Macro-F1 of every row, study by study; the tables below hold the same numbers.",
    # sentences
    "say.finished_of": "Of {rows} rows, {finished} are finished so far.",
    "say.finished_of.one": "Of {rows} rows, 1 is finished so far.",
    "say.only": "{row} reaches macro-F1 {f1}.",
    "say.all_equal": "All {count} finished rows reach the same macro-F1, {f1}.",
    "say.best": (
        "The best macro-F1 is {best} ({best_rows}), the worst {worst} ({worst_rows}): a spread of {spread}."
    ),
    "say.chance.within": (
        "That spread is within chance: two models of the same quality can differ by about {noise} in "
        "accuracy on {rows} test rows, and each row was trained with one seed only. The order of the rows "
        "may be chance."
    ),
    "say.chance.beyond": (
        "Each row was trained with one seed only, and on {rows} test rows two models of the same quality "
        "can differ by about {noise} in accuracy: smaller differences may be chance."
    ),
    "say.chance.seeds_within": (
        "That spread is no more than twice the largest standard deviation over seeds ({deviation}): the "
        "order of the rows may be chance."
    ),
    "say.chance.seeds_beyond": (
        "That spread is more than twice the largest standard deviation over seeds ({deviation})."
    ),
    "say.one_class": (
        "{rows} give every test row the same label, “{name}”: macro-F1 {f1} is what always answering it "
        "comes to."
    ),
    "say.one_class.one": (
        "{rows} gives every test row the same label, “{name}”: macro-F1 {f1} is what always answering it "
        "comes to."
    ),
    "say.nearly_one_class": (
        "{rows} gives {share} of the test rows one label, “{name}”; always answering it comes to macro-F1 "
        "{f1}."
    ),
    "say.one_class.seeds": (
        "{rows}: in {count} of {seeds} seeds, {share} or more of the test rows get one label; always "
        "answering “{name}” comes to macro-F1 {f1}."
    ),
    "say.masking": (
        "In {pairs} pairs of rows that differ in the mask alone, the mask changes macro-F1 by {mean} on "
        "average ({low} to {high})."
    ),
    "say.masking.one": (
        "In the one pair of rows that differ in the mask alone, the mask changes macro-F1 by {mean}."
    ),
    "say.saved": (
        "Models that (nearly) always give one label without the mask: {rows}. With it, still: {left}."
    ),
    "say.saved.all": (
        "Models that (nearly) always give one label without the mask: {rows}. With it: none of these."
    ),
    "say.turns": "Validation loss is lowest before the end, and higher in the last epoch: {places}.",
    "say.turns.place": "in epoch {epoch} of {epochs} ({rows})",
    "say.falling": (
        "Validation loss is still at its lowest in the last epoch: {rows}. More epochs might lower it."
    ),
    "say.unlearned": (
        "Validation loss never falls clearly below {guess}, which giving all {classes} classes the same "
        "probability costs: {rows}."
    ),
    "say.unlearned.row": "{row} ({loss} at the lowest)",
    "say.gap": (
        "At the end validation loss less training loss is between {low} ({low_rows}) and {high} "
        "({high_rows})."
    ),
    "say.gap.one": "At the end validation loss less training loss is {high} ({high_rows}).",
    "say.gap.memorized": "A large gap means that the last epochs learned the training rows by heart.",
    "say.original": (
        "Against the original study's macro-F1 with Keras, {above} of {count} rows came out higher, "
        "{below} lower; the difference is {mean} on average, from {low} ({low_rows}) to {high} "
        "({high_rows})."
    ),
    "say.original.one": (
        "The original study reached macro-F1 {reference} with {row}, and this run {f1}: {mean}."
    ),
    "say.original_one_class": (
        "The original study's {reference} for {rows} is, to four digits, what always answering “{name}” "
        "comes to."
    ),
    "say.original_scratch": (
        "The original study's own code from scratch reached {scratch} for {row}, where its Keras model "
        "reached {reference}."
    ),
    "say.original_scratch.word": "The original study's own code from scratch has no score for {row}: {word}.",
    "say.here_equal": "Here Keras and from scratch give the same label for {agree} of its {rows} test rows.",
    "say.target_reached": "{row} reaches its target of {target} with {f1}.",
    "say.target_missed": "{row} misses its target of {target} by {by}, with {f1}.",
    "say.agree": (
        "From scratch equals Keras: all {agree} labels agree, and no probability differs by more than "
        "{difference} (the bound is {bound})."
    ),
    "say.disagree": (
        "From scratch does not equal Keras everywhere: {agree} of {rows} labels agree, and probabilities "
        "differ by up to {difference} (the bound is {bound}). See {where}."
    ),
    "say.trained.within": (
        "Trained from scratch, macro-F1 is within seed noise of Keras's in all {count} rows where that can "
        "be told."
    ),
    "say.trained.within.one": (
        "Trained from scratch, macro-F1 is within seed noise of Keras's in the one row where that can be "
        "told."
    ),
    "say.trained.beyond": (
        "Trained from scratch, macro-F1 is within seed noise of Keras's in {within} of {count} rows where "
        "that can be told, and not in {beyond}."
    ),
    "say.trained.beyond.one": (
        "Trained from scratch, macro-F1 is not within seed noise of Keras's in the one row where that can be "
        "told: {beyond}."
    ),
    "say.trained.row": "“{row}” ({difference}, with noise of {noise})",
    "say.trained.mean": (
        "Over these rows the difference is {mean} on average, where seeds alone explain up to {noise}."
    ),
    "say.trained.one_label": (
        "In {count} rows seeds have nothing to tell, since by Keras as from scratch every seed ends in a "
        "model that gives (nearly) all test rows one label: there the difference is {low} to {high}."
    ),
    "say.trained.one_label.one": (
        "In one row seeds have nothing to tell, since by Keras as from scratch every seed ends in a model "
        "that gives (nearly) all test rows one label: there the difference is {low}."
    ),
    "say.trained.one_seed": (
        "In {count} rows Keras or maju trained with one seed only, which leaves open what is seed noise: "
        "trained from scratch, macro-F1 differs by {low} to {high}."
    ),
    "say.trained.one_seed.one": (
        "In one row Keras or maju trained with one seed only, which leaves open what is seed noise: trained "
        "from scratch, macro-F1 differs by {low}."
    ),
    "say.no_agreement": "No training is finished yet.",
    # how to read
    "note.f1": (
        "Macro-F1: the mean of the classes' F1 = 2PR / (P + R), each class counting the same. A class "
        "that is never predicted has an F1 of 0."
    ),
    "note.agreement": (
        "Labels: how many test rows get the same label from Keras and from scratch. max |Δp|: the largest "
        "difference between two probabilities, rounded up; float32 explains up to {bound}."
    ),
    "note.trained": (
        "Trained from scratch: by maju, from its own initial weights, scored as maju predicts. Seed noise is "
        "2·√(s₁²/n₁ + s₂²/n₂), twice the standard error of a difference between means over n₁ and n₂ seeds "
        "with the standard deviations s₁ and s₂. With three seeds on each side, chance alone puts about one "
        "row in nine beyond it."
    ),
    "note.seconds": (
        "Seconds: to train with Keras (validation included), and to predict all test rows: Keras on all "
        "cores, from scratch with one thread in NumPy's matrix products."
    ),
    "note.states": "A row that failed or was not run has no score; failed rows are listed with their errors.",
    "note.original": (
        "Original study: what its authors reported, with Keras and with their own code from scratch."
    ),
    "note.csv": "The same numbers for a spreadsheet: {file}, a line for each row and seed.",
    # the page of a model
    "model.rows": "Rows",
    "model.back": "← The report",
    "model.pictures": "",
    "model.by_keras": "Trained by Keras with seed {seed}: {file}.",
    "model.by_maju": "Trained from scratch by maju with seed {seed}: {file}.",
    "model.kept": (
        "The pictures of all test rows show the probabilities that Keras gave after training; all other "
        "pictures are of the model as maju runs it."
    ),
    "model.agreement": "{labels} labels agree; max |Δp| {difference}",
    "model.right": "test row {row}, “{true}”, as the model says",
    "model.wrong": "test row {row}, “{true}”, where the model says “{guess}”",
    "model.not_drawn": "A picture could not be drawn: {reason}",
    "model.graph": "Layers",
    "model.graph.caption": (
        "Read from above: each box is a layer, with the shape that it gives on and its number of parameters."
    ),
    "model.losses": "Loss curves",
    "model.losses.caption": (
        "Both curves should fall; where the validation loss rises while the training loss still falls, "
        "the model learns its training rows by heart."
    ),
    "model.confusion": "Confusion matrix",
    "model.confusion.caption": (
        "Each line is a true class and each column what the model said; what stands off the diagonal are "
        "its mistakes."
    ),
    "model.reliability": "Reliability",
    "model.reliability.caption": (
        "Of the test rows of which the model is, say, 80% sure, it should be right about 80%: bars below "
        "the diagonal show that it is surer than it may be."
    ),
    "model.mistakes": "Most wrong",
    "model.mistakes.caption": (
        "The test rows to whose true class the model gives the least probability: look for wrong labels, "
        "and for what these rows have in common."
    ),
    "model.filters": "Filters",
    "model.filters.caption": (
        "What the first and the last convolution look for: each tile is a window of weights, and the more "
        "it resembles a place of its input, the more the filter answers there."
    ),
    "model.feature_maps": "Feature maps",
    "model.feature_maps.caption": (
        "Where the filters of the first and the last convolution answer to one test image: the brighter, "
        "the more; a map that is crossed out is 0 everywhere."
    ),
    "model.grad_cam": "Grad-CAM",
    "model.grad_cam.caption": (
        "Which places of the image speak for the class that the model found, at its last convolution: the "
        "brighter, the more."
    ),
    "model.integrated_gradients": "Integrated gradients",
    "model.integrated_gradients.caption": (
        "How much each pixel adds to the class that the model found, or takes from it, against a black image."
    ),
    "model.tokens": "Contributions of the words",
    "model.tokens.caption": (
        "How much each word adds to the class that the model found, or takes from it: by integrated "
        "gradients, and by leaving it out."
    ),
    "model.gates": "Gates",
    "model.gates.caption": (
        "What goes on in the first recurrent layer, word by word, a line a unit: a forget gate near 1 "
        "keeps what was read, one near 0 drops it; padding is hatched."
    ),
    "model.states": "Hidden states",
    "model.states.caption": (
        "The state of the first recurrent layer after each word, a line a unit: where it changes the word "
        "counts, where it fades the text is forgotten; padding is hatched."
    ),
    "model.activations": "Activations",
    "model.activations.caption": (
        "How the numbers that each layer gives for the first 64 test rows are spread: a ReLU that is dead "
        "is always 0, and a saturated gate always nearly 0 or 1; both hardly learn any more."
    ),
    # settings
    "data.nusax": "NusaX-Sentiment (Indonesian)",
    "data.nusax.other": "NusaX-Sentiment ({language})",
    "data.cifar10": "CIFAR-10",
    "data.digits": "scikit-learn's digits",
    "data.sentences": "Indonesian sentences that come with maju",
    "topic.data": "Data",
    "topic.network": "Network",
    "topic.training": "Training",
    "convolutional": "convolutional",
    "convolutional.blocks": "convolutions with {value} filters, a 2x2 pool after each block",
    "convolutional.kernel_size": "kernels of {value}x{value}",
    "convolutional.pooling.max": "max pooling",
    "convolutional.pooling.average": "average pooling",
    "convolutional.batch_normalization": "batch normalization",
    "convolutional.block_dropout": "dropout {value} after each block",
    "convolutional.global_pooling": "global average pooling",
    "convolutional.dense": "Dense({value}, relu) before the softmax",
    "convolutional.dropout": "dropout {value} before the dense layers",
    "recurrent": "recurrent",
    "recurrent.cell": "{value} layers",
    "recurrent.units": "{value} units",
    "recurrent.bidirectional": "both directions",
    "recurrent.bidirectional.false": "one direction",
    "recurrent.mask_zero": "padding masked",
    "recurrent.mask_zero.false": "no mask over the padding",
    "recurrent.max_tokens": "a vocabulary of {value}",
    "recurrent.output_sequence_length": "{value} words a text",
    "recurrent.embedding_dim": "embeddings of {value} numbers",
    "recurrent.embedding_dropout": "dropout {value} after the embedding",
    "recurrent.dropout": "dropout {value} after each recurrent layer",
    "recurrent.pooling.last": "",
    "recurrent.pooling.average": "mean of the outputs over the text",
    "recurrent.dense": "Dense({value}, relu) before the softmax",
    "recurrent.dense_dropout": "dropout {value} after each dense layer",
    "training.epochs": "{value} epochs",
    "training.batch_size": "batches of {value}",
    "training.learning_rate": "Adam at {value}",
    "training.schedule.constant": "",
    "training.schedule.cosine": "rate falling along a cosine",
    "training.warmup_epochs": "{value} epochs of warm-up",
    "training.weight_decay": "weight decay {value}",
    "training.global_clipnorm": "gradients clipped to norm {value}",
    "training.label_smoothing": "label smoothing {value}",
    "training.augmentation": "augmentation: {value}",
    "training.token_dropout": "{value} of the words left out",
    "differs.data": "data",
    "differs.kind": "kind of network",
    "differs.blocks": "convolutions and their filters",
    "differs.kernel_size": "kernel size",
    "differs.pooling": "pooling",
    "differs.batch_normalization": "batch normalization",
    "differs.block_dropout": "dropout after blocks",
    "differs.global_pooling": "global pooling",
    "differs.dense": "dense layers",
    "differs.dropout": "dropout",
    "differs.cell": "cell",
    "differs.units": "recurrent layers and their units",
    "differs.bidirectional": "direction",
    "differs.mask_zero": "mask",
    "differs.max_tokens": "vocabulary",
    "differs.output_sequence_length": "words a text",
    "differs.embedding_dim": "embedding",
    "differs.embedding_dropout": "dropout after the embedding",
    "differs.dense_dropout": "dropout after dense layers",
    "differs.epochs": "epochs",
    "differs.batch_size": "batch size",
    "differs.learning_rate": "learning rate",
    "differs.schedule": "schedule",
    "differs.warmup_epochs": "warm-up",
    "differs.weight_decay": "weight decay",
    "differs.global_clipnorm": "gradient clipping",
    "differs.label_smoothing": "label smoothing",
    "differs.augmentation": "augmentation",
    "differs.token_dropout": "words left out",
    # durations
    "duration.hours": "{hours} h {minutes} min",
    "duration.minutes": "{minutes} min {seconds} s",
    "duration.seconds": "{seconds} s",
}
