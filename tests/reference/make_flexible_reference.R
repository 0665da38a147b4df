# Reference values of piecewise exponential regression: R glm on survSplit episodes.
# Run from the repository root: Rscript tests/reference/make_flexible_reference.R
# Reads survival_spells.csv and survival_intervals.csv (make_survival_data.py), writes
# flexible.json. Needs the packages survival and sandwich.

library(survival)
library(splines)
library(sandwich)

here <- "tests/reference"
frames <- list(spells = read.csv(file.path(here, "survival_spells.csv")),
               intervals = read.csv(file.path(here, "survival_intervals.csv")))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"')
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)

split_case <- function(data, cuts, duration = "duration", entry = NULL) {
  frame <- frames[[data]]
  frame$.row <- seq_len(nrow(frame)) - 1
  frame$.end <- frame[[duration]]
  left <- if (is.null(entry)) "Surv(.end, event)"
    else { frame$.begin <- frame[[entry]]; "Surv(.begin, .end, event)" }
  keep <- frame[c(".row", ".end", "event", if (!is.null(entry)) ".begin")]
  rows <- survSplit(as.formula(paste(left, "~ .row")), keep, cut = cuts, episode = "period")
  start <- if (is.null(entry)) rows$tstart else rows$.begin
  list(data = data, cuts = arr(cuts), duration = duration, entry = entry, row = rows$.row,
       start = start, stop = rows$.end, event = rows$event, period = rows$period)
}

glm_case <- function(name, data, cuts, right, python = right, duration = "duration",
                     entry = NULL, cluster = NULL) {
  force(python)
  frame <- frames[[data]]
  frame$.end <- frame[[duration]]
  frame$.begin <- if (is.null(entry)) 0 else frame[[entry]]
  frame[c("start", "stop", "entry", "duration")] <- NULL
  rows <- survSplit(Surv(.begin, .end, event) ~ ., frame, cut = cuts, episode = "period")
  rows$exposure <- rows$.end - rows$.begin
  rows$period <- factor(rows$period)
  fit <- glm(as.formula(paste("event ~ period - 1 + offset(log(exposure)) +", right)),
             poisson, rows, control = glm.control(epsilon = 1e-15, maxit = 100))
  k <- nlevels(rows$period)
  both <- function(v) list(periods = arr(v[seq_len(k)]), covariates = arr(v[-seq_len(k)]))
  robust <- if (!is.null(cluster)) sqrt(diag(
    vcovCL(fit, cluster = rows[[cluster]], type = "HC0", cadjust = FALSE)))
  list(name = name, data = data, cuts = arr(cuts), formula = python, duration = duration,
       entry = entry, cluster = cluster, coef = both(coef(fit)), se = both(sqrt(diag(vcov(fit)))),
       robust_se = if (!is.null(robust)) both(robust),
       loglik = c(logLik(fit)) - sum(log(rows$exposure[rows$event == 1])),
       aic = AIC(fit) + 2 * sum(log(rows$exposure[rows$event == 1])), episodes = nrow(rows))
}

writeLines(json(list(
  versions = list(R = as.character(getRversion()),
                  survival = as.character(packageVersion("survival")),
                  sandwich = as.character(packageVersion("sandwich"))),
  split = list(
    split_case("spells", c(2, 5.5, 9)),
    split_case("spells", c(4, 8), entry = "entry"),
    split_case("intervals", c(5, 10, 15), "stop", "start")
  ),
  glm = list(
    glm_case("covariates", "spells", c(3, 7, 12), "x + z + g"),
    glm_case("one cut, interaction", "spells", 6.5, "x * z"),
    glm_case("spline", "spells", c(4, 9), "bs(x, df = 4)", "bs(x, df=4)"),
    glm_case("clusters", "spells", c(3, 7, 12), "x + z", cluster = "c"),
    glm_case("late entry, clusters", "spells", c(4, 9), "x + z + g", entry = "entry",
             cluster = "c"),
    glm_case("start-stop, clusters", "intervals", c(4, 9), "x + z", duration = "stop",
             entry = "start", cluster = "unit"),
    glm_case("effects by period", "spells", c(4, 9), "z + x + x:period", cluster = "c")
  )
)), file.path(here, "flexible.json"))
