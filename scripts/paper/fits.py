# SPDX-License-Identifier: BSD-3-Clause
"""Power laws by least squares on logarithms."""
import numpy as np
from scipy import stats


def power_law(x, y):
    """y = factor * x ** exponent with the 95% confidence half-width of the exponent, R2 and the number of points; None
    with fewer than three."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(x) & np.isfinite(y) & (x > 0.0) & (y > 0.0)
    if good.sum() < 3:
        return None
    fit = stats.linregress(np.log(x[good]), np.log(y[good]))
    half = fit.stderr * stats.t.ppf(0.975, good.sum() - 2)
    return dict(exponent=float(fit.slope), half_width=float(half), factor=float(np.exp(fit.intercept)),
                r2=float(fit.rvalue ** 2), points=int(good.sum()))


def text(fit):
    return "no fit" if fit is None else f"{fit['exponent']:.4f} ± {fit['half_width']:.4f}"
