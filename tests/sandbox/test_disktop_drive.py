"""Drives: big ones, their rules, and the bytes behind every link."""

from sandbox.contents import Made
from tests.driver import Control, bytes_of


async def listed(web, headers, path="/", **query):
    answer = await web.get("/disktop/v1/files", params={"path": path, **query}, headers=headers)
    return answer.json()["data"]


async def manage(web, headers, **form):
    return await web.post("/disktop/v1/files/manage", data=form, headers=headers)


async def test_ten_thousand_files_are_listed_by_pages(box, web, disktop):
    headers = (await disktop())["headers"]
    async with Control(box.url) as control:
        await control.big_folder(1001)
        await control.big_folder(1001)
    (folder,) = (await listed(web, headers))["folders"]
    last = await listed(web, headers, "/" + folder["name"], page=50, limit=200)
    assert (last["total"], len(last["files"])) == (10_000, 200)
    found = await web.get("/disktop/v1/files/search", params={"q": "IMG 00001"}, headers=headers)
    (image,) = found.json()["data"]["files"]
    link = await web.get(f"/disktop/v1/files/{image['id']}/download", headers=headers)
    assert len(await bytes_of(link.json()["data"]["url"])) == image["size"]


async def test_times_are_listed_where_the_option_says_so(box, web, disktop):
    headers = (await disktop(scope="files.read_all"))["headers"]
    assert "create_time" not in (await listed(web, headers))["files"][0]
    async with Control(box.url) as control:
        await control.options(disktop_list_times=True)
    assert (await listed(web, headers))["files"][0]["create_time"] > 0


async def test_small_files_have_true_digests_and_keep_them(box, web, disktop):
    headers = (await disktop(scope="files.read_all files.write_all"))["headers"]
    note = next(one for one in (await listed(web, headers))["files"] if one["name"].endswith(".md"))
    link = await web.get(f"/disktop/v1/files/{note['id']}/download", headers=headers)
    content = await bytes_of(link.json()["data"]["url"])
    async with Control(box.url) as control:
        assert await control.stored(1001, f"/{note['name']}") == content
        await manage(web, headers, action="rename", **{"file_ids[]": note["id"]}, new_name="renamed.md")
        kept = (await control.drive(1001))["/renamed.md"]
    assert (kept["id"], kept["md5"]) == (note["id"], note["md5"])


async def test_names_collide_politely(web, disktop):
    headers = (await disktop(scope="files.write_all"))["headers"]
    files = {one["name"]: one["id"] for one in (await listed(web, headers))["files"]}
    first, second = files
    taken = await manage(web, headers, action="rename", **{"file_ids[]": files[first]}, new_name=second)
    assert (taken.status_code, taken.json()["errno"]) == (409, "name_conflict")
    await manage(web, headers, action="copy", **{"file_ids[]": files[first]}, dest_path="/")
    assert len((await listed(web, headers))["files"]) == 3


async def test_what_nobody_has_any_more_leaves_the_disk(box, web, disktop):
    headers = (await disktop())["headers"]
    made = Made("x", 5000)
    form = {"name": "x.bin", "size": made.size, "md5": made.true_md5()}
    begun = (await web.post("/disktop/v1/files/upload/precreate", data=form, headers=headers)).json()["data"]
    where = {"upload_id": begun["upload_id"], "part_seq": "1"}
    await web.post("/disktop-upload/u", params=where, content=made.piece(0, made.size))
    done = (await web.post(f"/disktop-upload/u/{begun['upload_id']}/complete")).json()["data"]
    (kept,) = box.world.disktop.kept
    copied = await manage(web, headers, action="copy", **{"file_ids[]": done["file_id"]}, dest_path="/")
    assert copied.json()["data"] == {"affected": 1}
    await manage(web, headers, action="delete", **{"file_ids[]": done["file_id"]})
    assert kept.path.exists()
    (copy,) = (await listed(web, headers))["files"]
    await manage(web, headers, action="delete", **{"file_ids[]": copy["id"]})
    assert not kept.path.exists()


async def test_a_shared_film_has_a_cover_and_plays(web, disktop):
    headers = (await disktop())["headers"]
    files = await web.get("/disktop/v1/share/8d2f3a/files", headers=headers)
    film = next(one for one in files.json()["data"]["files"] if one["ext"] == "mp4")
    query = {"fid": film["id"]}
    meta = await web.get("/disktop/v1/share/8d2f3a/video-meta", params=query, headers=headers)
    cover = await web.get(meta.json()["data"]["cover_url"])
    assert (cover.headers["content-type"], cover.content[:4]) == ("image/png", b"\x89PNG")
    stream = (await web.get("/disktop/v1/share/8d2f3a/stream", params=query, headers=headers)).json()["data"]
    for address in (stream["stream_url"], *(quality["url"] for quality in stream["qualities"])):
        assert (await web.get(address)).text.startswith("#EXTM3U")
    master = await web.get(stream["stream_url"])
    variant = await web.get(master.url.join(master.text.split("\n")[3]))
    segment = await web.get(variant.url.join(variant.text.split("\n")[4]))
    assert segment.content[0] == 0x47
    forged = str(segment.url).replace("/hls/", "/hls/1")
    assert (await web.get(forged)).status_code == 403


async def test_a_saved_file_is_the_shared_one(box, web, disktop):
    headers = (await disktop())["headers"]
    files = await web.get("/disktop/v1/share/8d2f3a/files", headers=headers)
    film = next(one for one in files.json()["data"]["files"] if one["ext"] == "mp4")
    link = await web.get("/disktop/v1/share/8d2f3a/download", params={"fid": film["id"]}, headers=headers)
    form = {"file_ids[]": film["id"], "dest_path": "/Saved"}
    await web.post("/disktop/v1/share/8d2f3a/transfer", data=form, headers=headers)
    async with Control(box.url) as control:
        saved = await control.stored(1001, "/我的应用数据/LinkHive/Saved/demo.mp4")
    assert saved == await bytes_of(link.json()["data"]["url"])
    assert len(saved) == film["size"]


async def test_uploads_expire_and_disks_fill_on_demand(box, web, disktop):
    headers = (await disktop())["headers"]
    form = {"name": "x", "size": "10", "md5": "0" * 32}
    await web.post("/disktop/v1/files/upload/precreate", data=form, headers=headers)
    async with Control(box.url) as control:
        assert await control.expire_uploads() == 1
        await control.fill_disk(1001, free=9)
    full = await web.post("/disktop/v1/files/upload/precreate", data=form, headers=headers)
    assert full.json()["errno"] == "quota_exceeded"
