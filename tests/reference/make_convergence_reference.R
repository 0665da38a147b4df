# Reference for the event study of partners: least squares with a constant per pair and
# cluster-robust errors, by lm and the sandwich written out.
# Run from the repository root: Rscript tests/reference/make_convergence_reference.R
# Makes its own data; writes convergence_rows.csv and convergence.json.

set.seed(20261123)
here <- "tests/reference"
pairs <- data.frame(pair = sprintf("p%02d", 1:24), cluster = rep(sprintf("c%d", 1:6), times = c(2, 3, 3, 4, 5, 7)))
rows <- merge(pairs, data.frame(k = -3:4))
rows <- rows[order(rows$pair, rows$k), ]
rows$last <- rep(ifelse(runif(24) < .5, 1, 2), each = 8)
rows$phase <- ifelse(rows$k < 0, "before", ifelse(rows$k <= rows$last, "during", "after"))
level <- rnorm(24); shock <- rnorm(6, sd = .3)
rows$difference <- level[as.integer(factor(rows$pair))] + .1 * pmax(rows$k, -1) +
  shock[as.integer(factor(rows$cluster))] * (rows$k >= 0) + rnorm(nrow(rows), sd = .2)
keep <- runif(nrow(rows)) > .12 | rows$k == -1
rows <- rows[keep, ]
rows$difference <- round(rows$difference, 6)
write.csv(rows, file.path(here, "convergence_rows.csv"), row.names = FALSE, quote = FALSE)

clustered <- function(fit, cluster, w, wanted) {
  X <- model.matrix(fit); e <- residuals(fit)
  bread <- solve(t(X * w) %*% X)
  scores <- rowsum(X * (w * e), cluster)
  G <- nrow(scores)
  V <- bread %*% (t(scores) %*% scores * G / (G - 1)) %*% bread
  dimnames(V) <- list(colnames(X), colnames(X))
  list(estimate = unname(coef(fit)[wanted]), std_error = unname(sqrt(diag(V))[wanted]), V = V[wanted, wanted])
}
one <- function(w) {
  rows$w <- w
  rows$year <- relevel(factor(rows$k), ref = "-1")
  rows$ph <- relevel(factor(rows$phase), ref = "before")
  a <- lm(difference ~ year + pair, rows, weights = w)
  years <- sprintf("year%d", c(-3:-2, 0:4))
  by_year <- clustered(a, rows$cluster, w, years)
  b <- lm(difference ~ ph + pair, rows, weights = w)
  by_phase <- clustered(b, rows$cluster, w, c("phduring", "phafter"))
  early <- 1:2
  pre <- drop(t(by_year$estimate[early]) %*% solve(by_year$V[early, early]) %*% by_year$estimate[early])
  list(years = by_year, phases = by_phase, pre = pre)
}
equal <- one(rep(1, nrow(rows)))
n <- tapply(rows$pair, rows$cluster, function(p) length(unique(p)))
weighted <- one(as.numeric(1 / n[rows$cluster]))
num <- function(v) paste0("[", paste(sprintf("%.13g", v), collapse = ", "), "]")
part <- function(x) sprintf(
  '{"years": %s, "years_se": %s, "phases": %s, "phases_se": %s, "pre": %.13g}',
  num(x$years$estimate), num(x$years$std_error), num(x$phases$estimate), num(x$phases$std_error), x$pre)
writeLines(sprintf('{"pairs": %s,\n"coalitions": %s}', part(equal), part(weighted)), file.path(here, "convergence.json"))
