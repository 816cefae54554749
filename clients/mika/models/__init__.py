"""What Mika answers, by the sections of its API document."""

from clients.mika.models.account import Login, Profile, User
from clients.mika.models.categories import Category
from clients.mika.models.site import (
    Overview,
    Settings,
    Today,
    UserDay,
    UserStatistics,
    VideoDay,
    VideoStatistics,
)
from clients.mika.models.transcode import Task, TaskPage, TaskStatus
from clients.mika.models.videos import (
    Uploaded,
    UploadSession,
    Video,
    VideoCategory,
    VideoChanges,
    VideoOrder,
    VideoPage,
)

__all__ = [
    "Category",
    "Login",
    "Overview",
    "Profile",
    "Settings",
    "Task",
    "TaskPage",
    "TaskStatus",
    "Today",
    "UploadSession",
    "Uploaded",
    "User",
    "UserDay",
    "UserStatistics",
    "Video",
    "VideoCategory",
    "VideoChanges",
    "VideoDay",
    "VideoOrder",
    "VideoPage",
    "VideoStatistics",
]
