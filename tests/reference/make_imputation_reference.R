# Rubin's rules by hand, for the pooling of Cox models fitted to imputed data.
#
# Run from the repository root: Rscript tests/reference/make_imputation_reference.R
# Every fifth x counts as missing and is filled five times by a fixed rule; what the values are does
# not matter, only that the Python side makes the same ones.

library(survival)

folder <- "tests/reference"
spells <- read.csv(file.path(folder, "survival_spells.csv"))
m <- 5
row <- seq_len(nrow(spells)) - 1
gap <- row %% 5 == 0

filled <- function(k) {
  frame <- spells
  frame$x[gap] <- sin(row[gap] * (k + 1)) + 0.3 * frame$z[gap]
  frame
}

pooled <- function(fits, dfcom) {
  q <- sapply(fits, coef)
  estimate <- rowMeans(q)
  within <- Reduce(`+`, lapply(fits, vcov)) / m
  deviation <- q - estimate
  between <- deviation %*% t(deviation) / (m - 1)
  total <- within + (1 + 1 / m) * between
  r <- (1 + 1 / m) * diag(between) / diag(within)
  df <- (m - 1) * (1 + 1 / r)^2
  if (!is.null(dfcom)) {
    observed <- (dfcom + 1) / (dfcom + 3) * dfcom * (1 - r / (1 + r))
    df <- df * observed / (df + observed)
  }
  se <- sqrt(diag(total))
  list(
    terms = names(estimate), estimate = unname(estimate), std_error = unname(se),
    df = unname(df), riv = unname(r), fmi = unname((r + 2 / (df + 3)) / (r + 1)),
    p_value = unname(2 * pt(-abs(estimate / se), df)),
    conf_low = unname(estimate - qt(0.975, df) * se),
    conf_high = unname(estimate + qt(0.975, df) * se),
    total = unname(as.vector(total)), within = unname(as.vector(within)),
    between = unname(as.vector(between))
  )
}

json <- function(value) {
  if (is.list(value)) {
    parts <- mapply(function(n, v) paste0('"', n, '": ', json(v)), names(value), value)
    return(paste0("{", paste(parts, collapse = ", "), "}"))
  }
  text <- if (is.character(value)) paste0('"', value, '"') else formatC(value, digits = 17, format = "g")
  paste0("[", paste(text, collapse = ", "), "]")
}

plain <- lapply(1:m, function(k) {
  coxph(Surv(duration, event) ~ x + z, data = filled(k), ties = "efron",
        control = coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 50))
})
robust <- lapply(1:m, function(k) {
  coxph(Surv(duration, event) ~ x + z, data = filled(k), ties = "efron", cluster = c,
        control = coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 50))
})
cases <- list(plain = pooled(plain, NULL), adjusted = pooled(plain, 100), robust = pooled(robust, NULL))
writeLines(json(cases), file.path(folder, "imputation.json"))
