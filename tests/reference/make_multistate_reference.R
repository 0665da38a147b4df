# Reference values of the multi-state models, computed by R survival and etm.
# Run from the repository root: Rscript tests/reference/make_multistate_reference.R
# Reads multistate_stays.csv (make_multistate_data.py) and survival_spells.csv
# (make_survival_data.py), writes multistate.json.

library(survival)
library(etm)

here <- "tests/reference"
stays <- read.csv(file.path(here, "multistate_stays.csv"))
spells <- read.csv(file.path(here, "survival_spells.csv"))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  if (is.matrix(v)) return(json(lapply(seq_len(nrow(v)), function(i) unname(v[i, ]))))
  one <- if (is.character(v)) paste0('"', v, '"')
    else if (is.logical(v)) tolower(as.character(v))
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}
arr <- function(v) lapply(unname(v), identity)  # an array even if of length one

state_names <- c("well", "ill", "dead")
prepare <- function(rows) {
  rows$state <- factor(rows$to, c("censored", "ill", "well", "dead"))
  rows$from <- factor(rows$from, state_names)
  rows
}
subsets <- list(
  "one start" = stays[stays$late == 0 & stays$begins == "well", ],
  "two starts" = stays[stays$late == 0, ],
  "late entry" = stays,
  "late entry, group a" = stays[stays$g == "a", ],
  "late entry, group b" = stays[stays$g == "b", ]
)

# -- occupation, transition probabilities and times in state ---------------------------------
# influence = TRUE also makes R 3.5 count the uncertainty of the start distribution.
cases <- lapply(names(subsets), function(name) {
  rows <- prepare(subsets[[name]])
  surv <- Surv(rows$entry, rows$stop, rows$state)
  fit <- survfit(surv ~ 1, id = rows$unit, istate = rows$from, influence = TRUE,
                 conf.type = "log-log")
  order <- match(state_names, fit$states)
  horizon <- 17.5
  mean_time <- summary(fit, rmean = horizon)$table
  # R keeps what happens at start.time itself, so that it lies between two days.
  since <- 6.5
  rows_of_p <- lapply(state_names[1:2], function(from) {
    p0 <- as.numeric(fit$states == from)
    later <- survfit(surv ~ 1, id = rows$unit, istate = rows$from, start.time = since, p0 = p0,
                     influence = TRUE)
    list(from = from, time = later$time, estimate = later$pstate[, order],
         std_error = later$std.err[, order])
  })
  # Hazard of each transition: the plain cumulative hazard of the rows in its state.
  pairs <- list(c("well", "ill"), c("well", "dead"), c("ill", "well"), c("ill", "dead"))
  hazards <- lapply(pairs, function(pair) {
    there <- rows[rows$from == pair[1], ]
    one <- survfit(Surv(entry, stop, to == pair[2]) ~ 1, there)
    list(from = pair[1], to = pair[2], time = one$time, estimate = one$cumhaz,
         std_error = one$std.chaz)
  })
  # Greenwood-type errors of Andersen et al. (1993, 4.4.19).
  moves <- data.frame(id = rows$unit, from = as.character(rows$from), to = rows$to,
                      entry = rows$entry, exit = rows$stop)
  possible <- matrix(FALSE, 3, 3, dimnames = list(state_names, state_names))
  for (pair in pairs) possible[pair[1], pair[2]] <- TRUE
  greenwood <- etm(moves, state_names, possible, "censored", s = since, t = "last")
  cell <- function(from, to) paste(from, to)
  grid <- expand.grid(to = state_names, from = state_names[1:2], stringsAsFactors = FALSE)
  list(name = name, states = state_names, time = fit$time, p0 = unname(fit$p0[order]),
       estimate = fit$pstate[, order], std_error = fit$std.err[, order],
       conf_low = fit$lower[, order], conf_high = fit$upper[, order],
       n_risk = fit$n.risk[, order], horizon = horizon,
       rmean = unname(mean_time[order, "rmean"]), rmean_se = unname(mean_time[order, "se(rmean)"]),
       since = since, probabilities = rows_of_p, hazards = hazards,
       greenwood = list(
         time = greenwood$time, from = grid$from, to = grid$to,
         estimate = t(mapply(function(a, b) greenwood$est[a, b, ], grid$from, grid$to)),
         std_error = t(mapply(function(a, b) sqrt(pmax(
           greenwood$cov[cell(a, b), cell(a, b), ], 0)), grid$from, grid$to))))
})

# -- competing risks with late entry: the jackknife, clock from zero -------------------------
spells$id <- seq_len(nrow(spells))
competing <- survfit(Surv(entry, duration, factor(cause)) ~ 1, spells, id = id, influence = TRUE)

# -- Cox by transition -----------------------------------------------------------------------
tight <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 100)
rows <- prepare(stays)
joint <- coxph(Surv(entry, stop, state) ~ x + z, rows, id = unit, istate = from, control = tight)
labels <- list(c("well", "ill"), c("well", "dead"), c("ill", "well"), c("ill", "dead"))
number <- function(pair) paste(match(pair, joint$states), collapse = ":")
cox_cases <- lapply(labels, function(pair) {
  there <- rows[rows$from == pair[1], ]
  single <- coxph(Surv(entry, stop, to == pair[2]) ~ x + z, there, control = tight)
  wanted <- paste0(c("x_", "z_"), number(pair))
  list(from = pair[1], to = pair[2], coef = unname(coef(joint)[wanted]),
       robust_se = unname(sqrt(diag(vcov(joint))[wanted])),
       single_coef = unname(coef(single)), single_se = unname(sqrt(diag(vcov(single)))),
       loglik = single$loglik, n = single$n, events = single$nevent)
})

writeLines(json(list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
                  etm = as.character(packageVersion("etm"))),
  cases = cases,
  competing = list(time = competing$time, estimate = competing$pstate,
                   std_error = competing$std.err),
  cox = cox_cases
)), file.path(here, "multistate.json"))
