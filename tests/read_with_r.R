# Reads every exported table in a folder with R and writes what R sees, for a test to compare:
# <table>.values.csv (dates as ISO text, categories by name), <table>.variables.csv (class and
# label of each column) and <table>.levels.csv (code, level, meaning).
# Use: Rscript read_with_r.R rds|dta|sav FOLDER OUT

arguments <- commandArgs(trailingOnly = TRUE)
extension <- arguments[1]
read <- switch(extension,
  rds = readRDS,
  dta = haven::read_dta,
  sav = haven::read_sav
)

told <- function(column) {
  if (inherits(column, "Date")) return(format(column, "%Y-%m-%d"))
  if (inherits(column, "haven_labelled")) {
    labels <- attr(column, "labels")
    return(names(labels)[match(unclass(column), labels)])
  }
  if (is.factor(column)) return(as.character(column))
  if (is.logical(column)) return(ifelse(is.na(column), NA, ifelse(column, "true", "false")))
  if (is.numeric(column)) return(ifelse(is.na(column), NA, sprintf("%.17g", column)))
  if (extension != "rds") column[column == ""] <- NA  # Stata and SPSS have no missing text
  as.character(column)
}

text <- function(value) if (is.null(value)) "" else as.character(value)

levels_of <- function(name, column) {
  labels <- attr(column, "labels")
  if (is.factor(column)) {
    meanings <- attr(column, "meanings")
    stopifnot(identical(names(meanings), levels(column)),
              all(is.na(column) | unclass(column) >= 1))
    data.frame(variable = name, code = seq_along(levels(column)), level = levels(column),
               meaning = unname(meanings))
  } else if (is.null(labels)) {
    NULL
  } else {
    data.frame(variable = name, code = unname(labels), level = names(labels), meaning = "")
  }
}

for (path in list.files(arguments[2], pattern = paste0("\\.", extension, "$"), full.names = TRUE)) {
  frame <- read(path)
  out <- file.path(arguments[3], sub(paste0("\\.", extension, "$"), "", basename(path)))
  values <- as.data.frame(lapply(frame, told), check.names = FALSE, stringsAsFactors = FALSE)
  # A cell that holds the letters NA is quoted, a missing one is not.
  write.csv(values, paste0(out, ".values.csv"), row.names = FALSE, na = "")
  variables <- data.frame(
    variable = names(frame),
    class = vapply(frame, function(column) class(column)[1], ""),
    label = vapply(frame, function(column) text(attr(column, "label")), ""),
    unit = vapply(frame, function(column) text(attr(column, "unit")), "")
  )
  write.csv(variables, paste0(out, ".variables.csv"), row.names = FALSE)
  levels <- do.call(rbind, Map(levels_of, names(frame), frame))
  if (!is.null(levels)) write.csv(levels, paste0(out, ".levels.csv"), row.names = FALSE)
}
