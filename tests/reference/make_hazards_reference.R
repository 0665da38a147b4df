# Reference values of cumulative hazards and simultaneous bands, by R survival and km.ci.
# Run from the repository root: Rscript tests/reference/make_hazards_reference.R
# Reads survival_spells.csv (make_survival_data.py), writes hazards.json. The critical values are
# computed here by other means than the package's: Brownian motion between two barriers by its
# images for Hall-Wellner, a finite-difference equation for equal precision. `tables` are cells of
# the tables in km.ci, which are those of Klein and Moeschberger (2003), appendix C.

library(survival)
library(km.ci)

here <- "tests/reference"
spells <- read.csv(file.path(here, "survival_spells.csv"))

json <- function(v) {
  if (is.null(v)) return("null")
  if (is.data.frame(v)) v <- as.list(v)
  if (is.list(v)) {
    if (is.null(names(v))) return(paste0("[", paste(sapply(v, json), collapse = ", "), "]"))
    return(paste0("{", paste0('"', names(v), '": ', sapply(v, json), collapse = ",\n"), "}"))
  }
  one <- if (is.character(v)) paste0('"', v, '"')
    else ifelse(is.finite(v), sprintf("%.13g", v), "null")
  if (length(v) == 1) one else paste0("[", paste(one, collapse = ", "), "]")
}

# -- cumulative hazards ----------------------------------------------------------------------
hazard_case <- function(by = NULL, entry = NULL, ctype = 1) {
  frame <- spells
  frame$.g <- if (is.null(by)) "all" else frame[[by]]
  left <- if (is.null(entry)) "Surv(duration, event)" else sprintf("Surv(%s, duration, event)", entry)
  curves <- lapply(sort(unique(frame$.g)), function(group) {
    fit <- survfit(as.formula(paste(left, "~ 1")), frame[frame$.g == group, ], ctype = ctype)
    list(group = group, time = fit$time, n_risk = fit$n.risk, n_event = fit$n.event,
         n_censor = fit$n.censor, estimate = fit$cumhaz, std_error = fit$std.chaz)
  })
  list(by = by, entry = entry, ties = c("nelson-aalen", "fleming-harrington")[ctype],
       curves = curves)
}
hazard_cases <- list(hazard_case(), hazard_case(by = "g"), hazard_case(by = "s", entry = "entry"),
                     hazard_case(by = "g", ctype = 2), hazard_case(entry = "entry", ctype = 2))

# -- critical values -------------------------------------------------------------------------
# P(|W| <= k on [a, b]): W(a) = x, W(b) = y, and no touch between, by images of x in the barriers.
hall_probability <- function(k, a, b, points = 301) {
  rule <- function(from, to) {  # Simpson
    x <- seq(from, to, length.out = points)
    w <- c(1, rep(c(4, 2), length.out = points - 2), 1) * (x[2] - x[1]) / 3
    list(x = x, w = w)
  }
  grid <- rule(-k, k)
  density <- function(d, v) dnorm(d, sd = sqrt(v))
  killed <- 0
  for (m in -3:3) {
    killed <- killed + outer(grid$x, grid$x, function(x, y)
      density(y - x - 4 * m * k, b - a) - density(y - 2 * k + x - 4 * m * k, b - a))
  }
  sqrt(2 * pi) * drop((grid$w * density(grid$x, a)) %*% killed %*%
                        (grid$w * density(grid$x, 1 - b)))
}
# P(|U| <= c over a time of log(b (1 - a) / (a (1 - b))) / 2), U a stationary Ornstein-Uhlenbeck
# process: u' = u'' - x u' with u = 0 at -c and c, made symmetric, extrapolated from two grids.
nair_probability <- function(c, a, b) {
  time <- log(b * (1 - a) / (a * (1 - b))) / 2
  on_grid <- function(m) {
    h <- 2 * c / m
    x <- -c + h * seq_len(m - 1)
    M <- diag(2 / h^2 + x^2 / 4 - 0.5)
    M[cbind(1:(m - 2), 2:(m - 1))] <- M[cbind(2:(m - 1), 1:(m - 2))] <- -1 / h^2
    e <- eigen(M, symmetric = TRUE)
    start <- drop(crossprod(e$vectors, exp(-x^2 / 4)))
    sum(exp(-e$values * time) * start^2) * h / sqrt(2 * pi)
  }
  (4 * on_grid(240) - on_grid(120)) / 3
}
solve_for <- function(probability, a, b, level, range)
  uniroot(function(v) probability(v, a, b) - level, range, tol = 1e-9)$root
critical <- expand.grid(a = c(0.02, 0.1, 0.3), b = c(0.4, 0.9, 0.98), level = c(0.9, 0.95, 0.99))
critical$hall_wellner <- mapply(function(a, b, level)
  solve_for(hall_probability, a, b, level, c(0.4, 2.5)), critical$a, critical$b, critical$level)
critical$equal_precision <- mapply(function(a, b, level)
  solve_for(nair_probability, a, b, level, c(1.6, 5)), critical$a, critical$b, critical$level)

tables <- expand.grid(a = c(0.02, 0.1, 0.2, 0.3), b = c(0.4, 0.6, 0.8, 0.9, 0.98),
                      level = c(90, 95))
cell <- function(kind) mapply(function(a, b, level) {
  table <- get(sprintf("critical.value.%s.%d", kind, level), asNamespace("km.ci"))
  unname(table[round((b - 0.1) / 0.02) + 1, sprintf("al%02.0f", 100 * a)])
}, tables$a, tables$b, tables$level)
tables$hall_wellner <- cell("hall")
tables$nair <- cell("nair")
tables$level <- tables$level / 100

# -- bands -----------------------------------------------------------------------------------
# km.ci reads its table between cells; critical values differ from ours by that, bands in the ratio.
band_case <- function(method, band, scale, between = NULL) {
  fit <- survfit(Surv(duration, event) ~ 1, spells)
  limits <- if (is.null(between)) c(NA, NA) else between
  out <- km.ci(fit, conf.level = 0.95, tl = limits[1], tu = limits[2], method = method)
  list(band = band, scale = scale, between = between, time = out$time, estimate = out$surv,
       conf_low = out$lower, conf_high = out$upper)
}
band_cases <- list(
  band_case("epband", "equal-precision", "plain", c(3, 12)),
  band_case("logep", "equal-precision", "log", c(3, 12)),
  band_case("hall-wellner", "hall-wellner", "plain", c(3, 12)),
  band_case("loghall", "hall-wellner", "log", c(3, 12)),
  band_case("logep", "equal-precision", "log"),
  band_case("loghall", "hall-wellner", "log")
)

# Bands from their definition, with the critical values of this script; late entry, by group.
defined_case <- function(of, band, scale, group, between) {
  fit <- survfit(Surv(entry, duration, event) ~ 1, spells[spells$s == group, ])
  n <- sum(spells$s == group)
  v <- cumsum(if (of == "survival") fit$n.event / (fit$n.risk * (fit$n.risk - fit$n.event))
              else fit$n.event / fit$n.risk^2)
  inside <- fit$time >= between[1] & fit$time <= between[2]
  v <- v[inside]
  ends <- (n * v / (1 + n * v))[c(1, length(v))]
  if (band == "equal-precision") {
    value <- solve_for(nair_probability, ends[1], ends[2], 0.95, c(1.8, 5))
    w <- value * sqrt(v)
  } else {
    value <- solve_for(hall_probability, ends[1], ends[2], 0.95, c(0.3, 2))
    w <- value * (1 + n * v) / sqrt(n)
  }
  x <- if (of == "survival") fit$surv[inside] else fit$cumhaz[inside]
  limits <- if (of == "survival") {
    if (scale == "plain") list(x - x * w, x + x * w)
    else list(x^exp(w / -log(x)), x^exp(-w / -log(x)))
  } else if (scale == "plain") list(x - w, x + w) else list(x * exp(-w / x), x * exp(w / x))
  top <- if (of == "survival") 1 else Inf
  list(of = of, band = band, scale = scale, group = group, between = between,
       time = fit$time[inside], estimate = x, critical = value,
       conf_low = pmax(limits[[1]], 0), conf_high = pmin(limits[[2]], top))
}
shapes <- expand.grid(of = c("survival", "hazard"), band = c("equal-precision", "hall-wellner"),
                      scale = c("plain", "log"), stringsAsFactors = FALSE)
defined <- unlist(lapply(seq_len(nrow(shapes)), function(i)
  lapply(c("north", "west"), function(group)
    defined_case(shapes$of[i], shapes$band[i], shapes$scale[i], group, c(4, 13)))), recursive = FALSE)

writeLines(json(list(
  versions = list(R = as.character(getRversion()), survival = as.character(packageVersion("survival")),
                  km.ci = as.character(packageVersion("km.ci"))),
  hazards = hazard_cases, critical = critical, tables = tables, bands = band_cases,
  defined = defined
)), file.path(here, "hazards.json"))
