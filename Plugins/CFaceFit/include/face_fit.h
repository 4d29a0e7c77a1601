/*
 * The pose in space of a shape whose points are seen in a picture, by Eigen: a closed-form similarity transform (Umeyama 1991) as the start,
 * then Gauss-Newton steps on what is seen.
 *
 * In C++ because Eigen is a library of C++ templates. Re-entrant; keeps nothing between calls, starts no thread, allocates little.
 */
#ifndef VITRINE_FACE_FIT_H
#define VITRINE_FACE_FIT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FF_POINTS_MIN 4u   /* fewer do not fix a rotation */
#define FF_POINTS_MAX 1024u

typedef struct ff_pose {
    double scale;       /* picture pixels per unit of the shape */
    double rotation[9]; /* rows: from the shape's axes to the picture's (x right, y down, z away from the camera) */
    double x;           /* where the shape's origin lies, pixels */
    double y;
    double residual;    /* root of the mean weighted square distance in the picture, pixels */
} ff_pose;

/*
 * Weak perspective: a point X of the shape is seen at scale * (R X) + (x, y); its depth counts with `depth_weight` (0 to 1), since estimated depths
 * are worth less than places. `shape` and `seen` hold count * 3 numbers, `weights` count numbers of at least 0.
 * Returns 1, or 0 when there are too few points, numbers that are not finite, or all points lie in one place.
 */
int ff_fit(const double *shape, const double *seen, const double *weights, size_t count, double depth_weight, ff_pose *pose);

#ifdef __cplusplus
}
#endif

#endif
