// See face_fit.h. Umeyama: Least-squares estimation of transformation parameters between two point patterns, PAMI 13(4), 1991 (Eigen's own
// implementation). The refinement turns the pose by R ← exp(ω)·R and solves the normal equations of the seven unknowns (ω, ln scale, x, y, z).
#include "face_fit.h"

#include <eigen3/Eigen/Dense>

#include <cmath>
#include <exception>

namespace {

using Points = Eigen::Map<const Eigen::Matrix3Xd>;
using Normal = Eigen::Matrix<double, 7, 7>;
using Step = Eigen::Matrix<double, 7, 1>;

constexpr int stepsMax = 10;
constexpr double stepSmall = 1e-10;

struct Pose {
    Eigen::Matrix3d rotation;
    double scale;
    Eigen::Vector3d place;
};

Eigen::Matrix3d cross(const Eigen::Vector3d &v) {
    Eigen::Matrix3d m;
    m << 0, -v.z(), v.y(), v.z(), 0, -v.x(), -v.y(), v.x(), 0;
    return m;
}

// One Gauss-Newton step; the size of the change.
double improve(Pose &pose, const Points &shape, const Points &seen, const Eigen::Map<const Eigen::VectorXd> &weights, double depthWeight) {
    Normal normal = Normal::Zero();
    Step right = Step::Zero();
    const Eigen::Vector3d trust(1, 1, depthWeight);
    for (Eigen::Index i = 0; i < shape.cols(); i++) {
        const Eigen::Vector3d turned = pose.scale * (pose.rotation * shape.col(i));
        const Eigen::Vector3d error = seen.col(i) - turned - pose.place;
        Eigen::Matrix<double, 3, 7> slope;
        slope.leftCols<3>() = -cross(turned);
        slope.col(3) = turned;
        slope.rightCols<3>() = Eigen::Matrix3d::Identity();
        const Eigen::Vector3d weight = weights[i] * trust;
        normal += slope.transpose() * weight.asDiagonal() * slope;
        right += slope.transpose() * weight.asDiagonal() * error;
    }
    // Without depths the place along z is free: a small ridge keeps the system solvable and moves nothing else.
    normal += Normal::Identity() * (1e-12 * normal.trace() + 1e-300);
    const Step step = normal.ldlt().solve(right);
    if (!step.allFinite()) return 0;
    const Eigen::Vector3d turn = step.head<3>();
    const double angle = turn.norm();
    if (angle > 0) pose.rotation = Eigen::AngleAxisd(angle, turn / angle).toRotationMatrix() * pose.rotation;
    pose.scale *= std::exp(std::fmax(-1.0, std::fmin(1.0, step[3])));
    pose.place += step.tail<3>();
    return angle + std::fabs(step[3]);
}

int fit(const double *shapeValues, const double *seenValues, const double *weightValues, size_t count, double depthWeight, ff_pose *out) {
    const auto columns = static_cast<Eigen::Index>(count);
    const Points shape(shapeValues, 3, columns), seen(seenValues, 3, columns);
    const Eigen::Map<const Eigen::VectorXd> weights(weightValues, columns);
    if (!shape.allFinite() || !seen.allFinite() || !weights.allFinite() || weights.minCoeff() < 0 || weights.sum() <= 0) return 0;
    const Eigen::Matrix4d start = Eigen::umeyama(shape, seen, true);
    const Eigen::Matrix3d scaled = start.topLeftCorner<3, 3>();
    Pose pose;
    pose.scale = std::cbrt(scaled.determinant());
    if (!start.allFinite() || !(pose.scale > 0)) return 0;
    pose.rotation = scaled / pose.scale;
    pose.place = start.topRightCorner<3, 1>();
    for (int i = 0; i < stepsMax && improve(pose, shape, seen, weights, depthWeight) > stepSmall; i++) {}
    const Eigen::Quaterniond unit(pose.rotation);
    pose.rotation = unit.normalized().toRotationMatrix();
    const Eigen::Matrix3Xd error = (seen - pose.scale * pose.rotation * shape).colwise() - pose.place;
    const double square = (error.topRows<2>().colwise().squaredNorm() * weights.asDiagonal()).sum() / weights.sum();
    if (!pose.rotation.allFinite() || !pose.place.allFinite() || !std::isfinite(pose.scale) || !std::isfinite(square)) return 0;
    out->scale = pose.scale;
    Eigen::Map<Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(out->rotation) = pose.rotation;
    out->x = pose.place.x();
    out->y = pose.place.y();
    out->residual = std::sqrt(square);
    return 1;
}

}  // namespace

int ff_fit(const double *shape, const double *seen, const double *weights, size_t count, double depth_weight, ff_pose *pose) {
    if (count < FF_POINTS_MIN || count > FF_POINTS_MAX || !(depth_weight >= 0 && depth_weight <= 1)) return 0;
    try {
        return fit(shape, seen, weights, count, depth_weight, pose);
    } catch (const std::exception &) {  // no exception may leave into Swift
        return 0;
    }
}
