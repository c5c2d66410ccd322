--- The formats of a report. Each is a module btfl.format.NAME: a function of a report and options
--- (color, width) that returns the text to print.
return { "text", "json", "jsonl", "tsv" }
