"""fediverse-pasture: notes as many servers write them, sent signed by the pasture's one actor.

Control: `POST /control/send {category, to}` sends every example of a category to an actor and answers, for each,
the note's id and the status of the inbox. The note and its signature are made by fediverse-pasture.
Environment: ORIGIN, LISTEN (address), CERTIFICATE and KEY (files), CONTROL (port).
"""

import asyncio
import json
import os

import aiohttp
from aiohttp.client_exceptions import ClientResponseError
from fediverse_pasture.data_provider import DataProvider, bovine_actor_for_actor_data
from fediverse_pasture.runner import ActivitySender
from fediverse_pasture.server import BlueprintForActors
from fediverse_pasture_inputs import available
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Blueprint, Quart, request

ORIGIN = os.environ["ORIGIN"]
data = DataProvider.generate(with_possible_actors=False)
pasture, actor_object = bovine_actor_for_actor_data(f"{ORIGIN}/actor", data.one_actor)
app = Quart(__name__)
control = Blueprint("control", __name__, url_prefix="/control")


async def on_inbox(activity):
    """Whoever asks may follow."""
    if activity.get("type") == "Follow":
        sender = ActivitySender.for_actor(pasture, actor_object)
        accept = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": sender.make_id(activity=True),
            "type": "Accept",
            "actor": actor_object.id,
            "object": activity,
            "to": [activity["actor"]],
        }
        follower = await pasture.get(activity["actor"])
        app.add_background_task(pasture.post, follower["inbox"], accept)


@control.get("/actor")
async def get_actor():
    return {"categories": {name: len(category.examples) for name, category in available.items()}}


inboxes: dict[str, str] = {}


async def deliver(inbox, activity):
    """The status of the inbox; the library itself only logs it."""
    try:
        return (await pasture.post(inbox, activity)).status
    except ClientResponseError as error:
        return error.status


@control.post("/send")
async def send():
    given = await request.get_json()
    sent = []
    # The examples are written for a pasture at this address.
    here = json.dumps(available[given["category"]].examples).replace("http://pasture-one-actor", ORIGIN)
    for example in json.loads(here):
        sender = ActivitySender.for_actor(pasture, actor_object)
        sender._inbox_cache, sender._perform_post = inboxes, deliver
        sender.init_create_note(lambda note, example=example: {**note, **example})
        status = await sender.send(given["to"])
        sent.append({"id": sender.note.get("id"), "status": status, "example": example})
    return {"sent": sent}


@app.before_serving
async def start():
    await pasture.init(session=aiohttp.ClientSession())


app.register_blueprint(BlueprintForActors(actors=[data.one_actor], on_inbox=on_inbox).blueprint)
app.register_blueprint(control)
config = Config()
config.bind = [f"{os.environ['LISTEN']}:443"]
config.insecure_bind = [f"127.0.0.1:{os.environ['CONTROL']}"]
config.certfile = os.environ["CERTIFICATE"]
config.keyfile = os.environ["KEY"]
asyncio.run(serve(app, config))
